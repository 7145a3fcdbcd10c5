// Runs the files named, one after the other, each as the text that it is and with a `console` of its own: a line of JSON for each.
const { readFileSync } = require('node:fs');
const { basename } = require('node:path');

/** What the text ends in is the promise of its call. */
function run(text, console) {
  return eval(text);
}

(async () => {
  for (const file of process.argv.slice(2)) {
    const told = { name: basename(file, '.js'), output: '', error: null };
    try {
      await run(readFileSync(file, 'utf8'), { log: (text) => (told.output += `${text}\n`) });
    } catch (error) {
      told.error = `${error.code}: ${error.message}`;
    }
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
})();
