import { CallError, MadeLine, session, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import { type Command, command } from './command.ts';
import { commandLine, commandRequests } from './command-line.ts';
import { words } from './commands.words.ts';

/** Commands that were given one after the other. */
export interface Given {
  commands: readonly Command[];
  /** `OK`, or the server's code for the last of them. */
  code: string;
  /** Milliseconds until the last answer was here. */
  millis: number;
}

/** How a screen has commands done, and what it tells of the last ones. */
export interface Commands {
  /** Has commands done, one after the other; what the last one gave, or `undefined` when one failed. */
  act: <T>(...commands: Command[]) => Promise<T | undefined>;
  /** Why the last one failed. */
  fault: unknown;
  given: Given | undefined;
}

/** Commands of a screen, which reads everything again when they are done. */
export function useCommands(done: () => void): Commands {
  const [fault, setFault] = useState<unknown>();
  const [given, setGiven] = useState<Given>();
  const act = async <T,>(...commands: Command[]): Promise<T | undefined> => {
    const began = performance.now();
    const tell = (count: number, code: string) =>
      setGiven({ commands: commands.slice(0, count), code, millis: performance.now() - began });
    setFault(undefined);
    let [count, last]: [number, T | undefined] = [0, undefined];
    try {
      for (const one of commands) {
        count += 1;
        last = await command<T>(one);
      }
      tell(count, 'OK');
      return last;
    } catch (error) {
      setFault(error);
      tell(count, error instanceof CallError ? error.code : 'Failed');
      return undefined;
    } finally {
      done();
    }
  };
  return { act, fault, given };
}

/** The commands that an action has given: a line that unfolds into the command line, and into requests. */
export function MadeCommands({ given }: { given: Given | undefined }) {
  const say = useWords(words);
  if (!given) return null;
  const { commands, code, millis } = given;
  const lines = () => commands.map(commandLine).join('\n');
  const key = session.value?.accessKeyId ?? '';
  return (
    <MadeLine
      kind={commands.length > 1 ? say.several(commands.length) : say.command}
      name={lines().split('\n')[0] ?? ''}
      code={code}
      millis={millis}
      forms={[
        [say.line, lines],
        ['curl', () => commandRequests(commands, location.origin, key)],
      ]}
    />
  );
}
