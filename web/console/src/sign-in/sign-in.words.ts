import { bilingual } from '@muster/ui';

export const words = bilingual({
  en: {
    title: 'Sign in to Muster',
    intro: 'With an AccessKey of the account, or of one of its users. What you see is what its policies allow.',
    hint: 'The first start of the server shows the account’s key, or writes it to root-key.json in its data directory. More are made with: muster key add',
  },
  zh: {
    title: '登录 Muster',
    intro: '使用主账号或其用户的 AccessKey 登录。可见内容取决于其权限策略。',
    hint: '服务器首次启动时会显示主账号的密钥，或写入数据目录下的 root-key.json。新增密钥：muster key add',
  },
});
