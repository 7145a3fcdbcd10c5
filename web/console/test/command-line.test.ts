import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../src/command.ts';
import { commandLine, commandRequests } from '../src/command-line.ts';

test('a command is what one gives at the command line', () => {
  const cases: [Command, string][] = [
    [{ User: 'List' }, 'muster user list'],
    [{ User: { Add: { name: 'ann' } } }, 'muster user add ann'],
    [{ User: { Remove: { name: '-x' } } }, 'muster user remove -- -x'],
    [{ Key: { Add: { user: 'ann', root: false } } }, 'muster key add ann'],
    [{ Key: { Add: { user: null, root: true } } }, 'muster key add --root'],
    [{ Key: { Disable: { id: 'LTAI' } } }, 'muster key disable LTAI'],
    [{ Policy: { Put: { name: 'p', document: '{\n}' } } }, "muster policy put p - <<'END'\n{\n}\nEND"],
    [{ Policy: { Put: { name: 'p', document: 'END\n' } } }, "muster policy put p - <<'END_'\nEND\nEND_"],
    [{ Policy: { Attach: { name: 'p', user: 'ann' } } }, 'muster policy attach p ann'],
    [{ Role: { Attach: { policy: 'p', role: 'r' } } }, 'muster role attach p r'],
    [{ Role: { Add: { name: 'r', document: null, max_session: 3600 } } }, 'muster role add --max-session 3600 r'],
    [
      { Role: { Update: { name: 'r', document: '{}', max_session: null } } },
      "muster role update --trust - r <<'END'\n{}\nEND",
    ],
    [{ Number: { Add: { digits: '861', channel: 'c' } } }, 'muster number add --channel c 861'],
    [{ Callbacks: { Retry: { number: 7 } } }, 'muster callbacks retry 7'],
    [
      { Callbacks: { List: { owed: true, part: { page: 1, size: 50 } } } },
      'muster callbacks list --owed --page 1 --size 50',
    ],
    [{ Word: { Add: { app: 'a', entries: ["it's", '赌场'] } } }, "muster word add a 'it'\\''s' '赌场'"],
  ];
  for (const [command, line] of cases) assert.equal(commandLine(command), line);
});

test('what is typed cannot end the text that it stands in', () => {
  const requests = commandRequests([{ Word: { Test: { app: 'a', text: "'; rm -rf $HOME" } } }], 'http://h:1', 'LTAI');
  assert.match(requests, /--data '\{"Word":\{"Test":\{"app":"a","text":"'\\''; rm -rf \$HOME"\}\}\}'$/m);
});
