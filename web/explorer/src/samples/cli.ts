// The `aliyun` command. It is told the operation's version, so that it also calls what its own data does not know. It asks for
// JSON whatever it is told.
import { lines, shellQuoted } from '@muster/ui/samples';
import { type Language, wireTexts } from './call.ts';

export const cli: Language = {
  id: 'cli',
  name: 'aliyun CLI',
  sample(call) {
    const { product, name, version, method } = call.operation;
    const { scheme, authority } = call.endpoint;
    const given = wireTexts(call).filter(([parameter]) => parameter !== 'Format');
    const options = [
      `--endpoint ${shellQuoted(authority)} --region cn-shanghai ${scheme === 'https' ? '--secure' : '--insecure'}`,
      `--force --version ${version} --method ${method}`,
      ...given.map(([parameter, text]) => `--${parameter} ${shellQuoted(text)}`),
    ];
    const code = lines(
      `aliyun ${product} ${name} \\`,
      options.map((option, at) => `  ${option}${at + 1 < options.length ? ' \\' : ''}`),
    );
    return { code, means: 'generic', install: 'https://github.com/aliyun/aliyun-cli', jsonAlone: true };
  },
};
