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
  { path: '/console/apps', key: 'a', name: 'apps', icon: 'apps' },
  { path: '/explorer/', key: 'e', name: 'explorer', icon: 'explorer' },
];

/** The section that an address is in. */
export function sectionAt(path: string): Section | undefined {
  const under = (section: Section) => section.path !== HOME && path.startsWith(section.path);
  return SECTIONS.find(under) ?? SECTIONS.find((section) => section.path === HOME);
}
