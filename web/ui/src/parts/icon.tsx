/** Drawn with lines of one weight on a grid of 16. */
const PATHS = {
  overview: 'M2 9h3l2-5 3 9 2-4h2',
  apps: 'M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5h-4.5zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5h-4.5z',
  chats: 'M2.5 3.5h11v7.5h-6l-3 2.5v-2.5h-2z',
  access: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6v-4zM6 8l1.5 1.5 3-3',
  callbacks: 'M3 6h8.5M9 3.5l2.5 2.5-2.5 2.5M13 10h-8.5M7 7.5l-2.5 2.5 2.5 2.5',
  moderation: 'M2.5 3h11l-4 5v4l-3 1.5v-5.500z',
  explorer: 'M5 4.500l-3 3.500 3 3.500M11 4.500l3 3.500-3 3.500M9 3l-2 10',
  copy: 'M5.500 5.500h7.500v7.500h-7.500zM10.500 5.500v-2.500h-7.500v7.500h2.500',
  check: 'M3 8.500l3.500 3.500 6.500-7.500',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 2.500a4.500 4.500 0 1 0 .01 0M10.300 10.300l3.200 3.200',
  more: 'M3.500 8h.01M8 8h.01M12.500 8h.01',
  out: 'M9.500 3h-6.500v10h6.500M7 8h7M11.500 5.500l2.500 2.500-2.500 2.500',
  sun: 'M8 5a3 3 0 1 0 .01 0M8 1v1.500M8 13.500v1.500M1 8h1.500M13.500 8h1.500M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13 9.500a5.500 5.500 0 0 1-6.500-7 5.500 5.500 0 1 0 6.500 7z',
  system: 'M2 3h12v8h-12zM6 13.500h4',
  globe: 'M8 2a6 6 0 1 0 .01 0M2 8h12M8 2c-4 4-4 8 0 12M8 2c4 4 4 8 0 12',
  trash: 'M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.5 9h6l.5-9',
  mute: 'M2.500 6v4h2.500l3 3v-10l-3 3zM10.500 6l3.500 4M14 6l-3.500 4',
  voice: 'M2.500 6v4h2.500l3 3v-10l-3 3zM10.500 5.500a4 4 0 0 1 0 5M12.500 3.500a7 7 0 0 1 0 9',
  kick: 'M6 4.500a2 2 0 1 0 .01 0M2 13.500c0-3 1.500-4.500 4-4.500s4 1.500 4 4.500M11 6.500h4',
  refresh: 'M13 8a5 5 0 1 1-1.500-3.500M13 2v3h-3',
  down: 'M4 6l4 4 4-4',
  up: 'M4 10l4-4 4 4',
  left: 'M10 4l-4 4 4 4',
  right: 'M6 4l4 4-4 4',
  send: 'M2.500 8l11-5.500-3.500 11-2.500-4.500z',
  link: 'M6.500 9.500l3-3M7 4.500l1.500-1.500a3 3 0 0 1 4.500 4.500l-1.500 1.500M9 11.500l-1.500 1.500a3 3 0 0 1-4.500-4.500l1.500-1.500',
  plus: 'M8 3v10M3 8h10',
  key: 'M10.500 2.500a3.500 3.500 0 1 0 .01 0M8 8l-5.500 5.500M4.500 11.500l2 2',
  people:
    'M6 3a2.500 2.500 0 1 0 .01 0M1.500 13.500c0-3 2-4.500 4.500-4.500s4.500 1.500 4.500 4.500M10.500 3.200a2.500 2.500 0 0 1 0 4.600M12 9.300c1.500.5 2.500 2 2.500 4.200',
  info: 'M8 2a6 6 0 1 0 .01 0M8 7.500v3.500M8 5h.01',
} as const;

export type IconName = keyof typeof PATHS;

/** A sign beside a text, or in a button that is named otherwise. */
export function Icon({ name, size = 16, class: className }: { name: IconName; size?: number; class?: string }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      {...(className ? { class: className } : {})}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
