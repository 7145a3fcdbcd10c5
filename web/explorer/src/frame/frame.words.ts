import { bilingual } from '@muster/ui';

export const words = bilingual({
  en: {
    title: 'Explorer',
    skip: 'To the content',
    operations: 'Operations',
    search: 'Search operations, parameters, errors',
    searchShort: 'Search (press /)',
    none: 'Nothing is called so.',
    nonePlace: 'There is no operation at this address.',
    all: 'All operations',
    found: (n: number) => (n === 1 ? '1 found' : `${n} found`),
    by: (name: string) => `by ${name}`,
    realtime: 'Realtime',
    console: 'Console',
    signIn: 'Sign in to try',
    signOut: 'Sign out',
    welcome: 'Every operation of this server',
    welcomeMore:
      'Choose an operation to read what it does, try it with your AccessKey, and take the same call as code in nine languages.',
    counts: (operations: number, calls: number, events: number) =>
      `${operations} operations, ${calls} realtime calls and ${events} events`,
    realtimeIntro: 'What clients call and hear over their connection: calls, events, errors and closes.',
    openRealtime: 'Realtime contract',
    signInTitle: 'Sign in',
    signInIntro:
      'Calls are made with this AccessKey and allowed by its policies. The secret goes to the server once and is kept nowhere.',
  },
  zh: {
    title: 'API 浏览器',
    skip: '跳到正文',
    operations: '接口',
    search: '搜索接口、参数、错误码',
    searchShort: '搜索（按 / 键）',
    none: '没有匹配的结果。',
    nonePlace: '此地址没有对应的接口。',
    all: '全部接口',
    found: (n: number) => `找到 ${n} 项`,
    by: (name: string) => `匹配 ${name}`,
    realtime: '实时连接',
    console: '控制台',
    signIn: '登录后试用',
    signOut: '退出登录',
    welcome: '本服务器的全部接口',
    welcomeMore: '选择一个接口，了解其用途，用你的 AccessKey 试用，并获取同一调用的九种语言代码。',
    counts: (operations: number, calls: number, events: number) =>
      `${operations} 个接口，${calls} 个实时调用，${events} 种事件`,
    realtimeIntro: '客户端通过连接发起的调用与收到的事件，以及错误码和关闭码。',
    openRealtime: '查看实时契约',
    signInTitle: '登录',
    signInIntro: '调用将使用此 AccessKey，权限以其策略为准。密钥只发送给服务器一次，不会保存。',
  },
});
