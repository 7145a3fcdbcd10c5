import { bilingual } from '../words.ts';

export const keyFormWords = bilingual({
  en: {
    id: 'AccessKey ID',
    secret: 'AccessKey secret',
    go: 'Sign in',
    wrong: 'No active AccessKey has this ID and secret. Check both for missing characters.',
    tooMany: 'There were too many wrong tries from here. Wait a few minutes and try again.',
  },
  zh: {
    id: 'AccessKey ID',
    secret: 'AccessKey 密钥',
    go: '登录',
    wrong: '没有与此 ID 和密钥匹配的有效 AccessKey。请检查两项是否缺少字符。',
    tooMany: '此地址的错误尝试过多。请等待几分钟后重试。',
  },
});
