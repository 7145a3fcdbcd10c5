// C#: the runtime that the typed packages stand on.
import { bodyType, indented, lines, quoted } from '@muster/ui/samples';
import { type Language, wireTexts } from './call.ts';

export const csharp: Language = {
  id: 'csharp',
  name: 'C#',
  sample(call) {
    const { name, version, method } = call.operation;
    const { scheme, authority } = call.endpoint;
    const members = wireTexts(call).map(([parameter, text]) => `{ ${quoted(parameter)}, ${quoted(text)} },`);
    const where = method === 'GET' ? 'Query' : 'Body';
    const main = [
      'var client = new Client(new Config',
      '{',
      '    AccessKeyId = Environment.GetEnvironmentVariable("ALIBABA_CLOUD_ACCESS_KEY_ID"),',
      '    AccessKeySecret = Environment.GetEnvironmentVariable("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),',
      `    Endpoint = ${quoted(authority)},`,
      `    Protocol = ${quoted(scheme)},`,
      '});',
      'var operation = new Params',
      '{',
      `    Action = ${quoted(name)},`,
      `    Version = ${quoted(version)},`,
      `    Protocol = ${quoted(scheme)},`,
      `    Method = ${quoted(method)},`,
      '    Pathname = "/",',
      '    AuthType = "AK",',
      '    Style = "RPC",',
      '    ReqBodyType = "formData",',
      `    BodyType = ${quoted(bodyType(call))},`,
      '};',
      'var parameters = new Dictionary<string, string>',
      '{',
      ...indented(members, 4),
      '};',
      `var request = new OpenApiRequest { ${where} = parameters };`,
      'var response = client.CallApi(operation, request, new RuntimeOptions());',
      call.format === 'XML'
        ? 'Console.WriteLine(response["body"]);'
        : 'Console.WriteLine(Common.ToJSONString(response["body"]));',
    ];
    const code = lines(
      ['using System;', 'using System.Collections.Generic;', 'using AlibabaCloud.OpenApiClient;'],
      [
        'using AlibabaCloud.OpenApiClient.Models;',
        'using AlibabaCloud.TeaUtil;',
        'using AlibabaCloud.TeaUtil.Models;',
        '',
      ],
      [
        `public static class ${name}`,
        '{',
        '    public static void Main()',
        '    {',
        ...indented(main, 8),
        '    }',
        '}',
      ],
    );
    return { code, means: 'generic', install: 'dotnet add package AlibabaCloud.OpenApiClient' };
  },
};
