import { bilingual } from '@muster/ui';

export const words = bilingual({
  en: {
    command: 'Command',
    several: (n: number) => `${n} commands`,
    line: 'Command line',
  },
  zh: {
    command: '命令',
    several: (n: number) => `${n} 条命令`,
    line: '命令行',
  },
});
