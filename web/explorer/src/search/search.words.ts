import { bilingual } from '@muster/ui';

/** What the realtime contract is listed under. */
export const words = bilingual({
  en: { calls: 'Realtime calls', events: 'Realtime events' },
  zh: { calls: '实时调用', events: '实时事件' },
});
