import type { IconName } from '@muster/ui';

/** A section of the rail: its address, its key behind `g`, its sign, and its name among the words. */
export interface Section {
  readonly path: string;
  readonly key: string;
  readonly name: 'overview' | 'apps' | 'chats' | 'access' | 'callbacks' | 'moderation' | 'explorer';
  readonly icon: IconName;
}

export const HOME = '/console/';

/** In the order of the rail. */
export const SECTIONS: readonly Section[] = [
  { path: HOME, key: 'o', name: 'overview', icon: 'overview' },
  { path: '/console/apps', key: 'l', name: 'apps', icon: 'apps' },
  { path: '/console/chats', key: 'c', name: 'chats', icon: 'chats' },
  { path: '/console/access', key: 'a', name: 'access', icon: 'access' },
  { path: '/console/callbacks', key: 'b', name: 'callbacks', icon: 'callbacks' },
  { path: '/console/moderation', key: 'm', name: 'moderation', icon: 'moderation' },
  { path: '/explorer/', key: 'e', name: 'explorer', icon: 'explorer' },
];

/** The section that an address is in. */
export function sectionAt(path: string): Section | undefined {
  if (`${path.replace(/\/$/, '')}/` === HOME) return SECTIONS.find((section) => section.path === HOME);
  return SECTIONS.find((section) => section.path !== HOME && path.startsWith(section.path));
}
