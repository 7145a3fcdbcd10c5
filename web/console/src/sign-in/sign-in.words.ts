import { bilingual } from '@muster/ui';

export const words = bilingual({
  en: {
    title: 'Sign in to Muster',
    intro: 'With an AccessKey of the account, or of one of its users. What you see is what its policies allow.',
    id: 'AccessKey ID',
    secret: 'AccessKey secret',
    hint: 'The first start of the server shows the account’s key, or writes it to root-key.json in its data directory. More are made with: muster key add',
    go: 'Sign in',
    wrong: 'No active AccessKey has this ID and secret. Check both for missing characters.',
    tooMany: 'There were too many wrong tries from here. Wait a few minutes and try again.',
  },
  zh: {
    title: '登录 Muster',
    intro: '使用主账号或其用户的 AccessKey 登录。可见内容取决于其权限策略。',
    id: 'AccessKey ID',
    secret: 'AccessKey 密钥',
    hint: '服务器首次启动时会显示主账号的密钥，或写入数据目录下的 root-key.json。新增密钥：muster key add',
    go: '登录',
    wrong: '没有与此 ID 和密钥匹配的有效 AccessKey。请检查两项是否缺少字符。',
    tooMany: '此地址的错误尝试过多。请等待几分钟后重试。',
  },
});
