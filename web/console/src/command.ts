// The commands of the command line, as the server takes them in a session of the account itself.
import { ask } from '@muster/ui';

/** A page of a list. */
interface Part {
  page: number;
  size: number;
}

/** A command: what `muster user add ann` and its like say. */
export type Command =
  | { User: 'List' | { Add: { name: string } } | { Remove: { name: string } } }
  | {
      Key:
        | 'List'
        | { Add: { user: string | null; root: boolean } }
        | { Disable: { id: string } }
        | { Enable: { id: string } }
        | { Remove: { id: string } };
    }
  | {
      Policy:
        | 'List'
        | { Show: { name: string } }
        | { Put: { name: string; document: string } }
        | { Attach: { name: string; user: string } }
        | { Detach: { name: string; user: string } }
        | { Remove: { name: string } };
    }
  | {
      Role:
        | 'List'
        | { Show: { name: string } }
        | { Add: { name: string; document: string | null; max_session: number } }
        | { Update: { name: string; document: string | null; max_session: number | null } }
        | { Attach: { policy: string; role: string } }
        | { Detach: { policy: string; role: string } }
        | { Delete: { name: string } };
    }
  | { Number: 'List' | { Add: { digits: string; channel: string } } }
  | {
      Callbacks:
        | { List: { owed: boolean; part: Part } }
        | { Show: { number: number } }
        | { Retry: { number: number } }
        | { Drop: { number: number } };
    }
  | {
      Word:
        | { List: { app: string } }
        | { Add: { app: string; entries: string[] } }
        | { Remove: { app: string; entry: string } }
        | { Test: { app: string; text: string } };
    };

/** Has a command done; what it gives. */
export const command = <T>(command: Command, signal?: AbortSignal): Promise<T> =>
  ask<T>('command', signal ? { method: 'POST', body: command, signal } : { method: 'POST', body: command });
