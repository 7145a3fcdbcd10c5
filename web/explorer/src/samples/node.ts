// Node.js: the runtime that the typed packages stand on; `live` has none on npm.
import { bodyType, indented, lines, singleQuoted } from '@muster/ui/samples';
import { type Language, wireTexts } from './call.ts';

export const node: Language = {
  id: 'node',
  name: 'Node.js',
  sample(call) {
    const { name, version, method } = call.operation;
    const { scheme, authority } = call.endpoint;
    const members = wireTexts(call).map(([parameter, text]) => `${parameter}: ${singleQuoted(text)},`);
    const where = method === 'GET' ? 'query' : 'body';
    const request = members.length > 0 ? [`  ${where}: {`, ...indented(members, 4), '  },'] : [];
    const code = lines(
      "const OpenApi = require('@alicloud/openapi-client');",
      "const { RuntimeOptions } = require('@alicloud/tea-util');",
      '',
      'const config = new OpenApi.Config({',
      '  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,',
      '  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,',
      `  endpoint: ${singleQuoted(authority)},`,
      `  protocol: ${singleQuoted(scheme)},`,
      '});',
      'const operation = new OpenApi.Params({',
      `  action: ${singleQuoted(name)},`,
      `  version: ${singleQuoted(version)},`,
      `  protocol: ${singleQuoted(scheme)},`,
      `  method: ${singleQuoted(method)},`,
      "  pathname: '/',",
      "  authType: 'AK',",
      "  style: 'RPC',",
      "  reqBodyType: 'formData',",
      `  bodyType: ${singleQuoted(bodyType(call))},`,
      '});',
      request.length > 0
        ? ['const request = new OpenApi.OpenApiRequest({', ...request, '});']
        : 'const request = new OpenApi.OpenApiRequest({});',
      '',
      'new OpenApi.default(config)',
      '  .callApi(operation, request, new RuntimeOptions({}))',
      call.format === 'XML'
        ? '  .then((response) => console.log(response.body));'
        : '  .then((response) => console.log(JSON.stringify(response.body, null, 2)));',
    );
    return { code, means: 'generic', install: 'npm install @alicloud/openapi-client @alicloud/tea-util' };
  },
};
