// The samples of the explorer, as it shows them. Standard input says where the server is, what each product's document is, and
// what stands for `{#AppId}` and its like in the example of each operation; standard output has the samples, as JSON.
import { readFile } from 'node:fs/promises';

const built = new URL('../../web/explorer/dist/samples.js', import.meta.url);
const { exampleOf, LANGUAGES, readProduct, sampledCall } = await import(built).catch(() => {
  throw new Error('web/explorer is not built: run `make web`');
});

const asked = JSON.parse(await readFile('/dev/stdin', 'utf8'));
const samples = asked.documents.flatMap(({ code, document }) =>
  readProduct(code, document).operations.flatMap((operation) => {
    const values = exampleOf(operation, asked.has[operation.name]);
    const call = sampledCall(operation, values, asked.endpoint, asked.format);
    return LANGUAGES.map((language) => ({ language: language.id, action: operation.name, ...language.sample(call) }));
  }),
);
process.stdout.write(JSON.stringify(samples));
