import { bilingual } from '@muster/ui';

export const words = bilingual({
  en: {
    optional: 'optional',
    list: (of: string) => `list of ${of}`,
    map: 'map',
    nothing: 'Nothing beside that it was done.',
  },
  zh: {
    optional: '可选',
    list: (of: string) => `${of} 列表`,
    map: '映射',
    nothing: '除执行成功外没有其他内容。',
  },
});
