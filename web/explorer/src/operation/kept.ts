// What was filled in for one operation fills in the next one: the application, the group, the channel.

const KEPT = new Set(['AppId', 'GroupId', 'CustSpaceId', 'BusinessNumber', 'InstanceId', 'DataCenter']);
const held = new Map<string, string>();

/** Takes note of what is worth to be filled in elsewhere. */
export function keep(texts: Record<string, string>): void {
  for (const [name, text] of Object.entries(texts)) if (KEPT.has(name) && text !== '') held.set(name, text);
}

/** By parameter, what was filled in last. */
export const kept = (): Record<string, string> => Object.fromEntries(held);
