// Java: the runtime that the typed packages stand on.
import { bodyType, indented, lines, quoted } from '@muster/ui/samples';
import { type Language, wireTexts } from './call.ts';

export const java: Language = {
  id: 'java',
  name: 'Java',
  sample(call) {
    const { name, version, method } = call.operation;
    const { scheme, authority } = call.endpoint;
    const given = wireTexts(call).map(([parameter, text]) => `parameters.put(${quoted(parameter)}, ${quoted(text)});`);
    const where = method === 'GET' ? 'setQuery' : 'setBody';
    const main = [
      'Client client = new Client(new Config()',
      '    .setAccessKeyId(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"))',
      '    .setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))',
      `    .setEndpoint(${quoted(authority)})`,
      `    .setProtocol(${quoted(scheme)}));`,
      'Params operation = new Params()',
      `    .setAction(${quoted(name)})`,
      `    .setVersion(${quoted(version)})`,
      `    .setProtocol(${quoted(scheme)})`,
      `    .setMethod(${quoted(method)})`,
      '    .setPathname("/")',
      '    .setAuthType("AK")',
      '    .setStyle("RPC")',
      '    .setReqBodyType("formData")',
      `    .setBodyType(${quoted(bodyType(call))});`,
      'Map<String, String> parameters = new LinkedHashMap<>();',
      ...given,
      `OpenApiRequest request = new OpenApiRequest().${where}(parameters);`,
      'Map<String, ?> response = client.callApi(operation, request, new RuntimeOptions());',
      call.format === 'XML'
        ? 'System.out.println(response.get("body"));'
        : 'System.out.println(Common.toJSONString(response.get("body")));',
    ];
    const code = lines(
      'import com.aliyun.teaopenapi.Client;',
      'import com.aliyun.teaopenapi.models.Config;',
      'import com.aliyun.teaopenapi.models.OpenApiRequest;',
      'import com.aliyun.teaopenapi.models.Params;',
      call.format === 'XML' ? [] : 'import com.aliyun.teautil.Common;',
      'import com.aliyun.teautil.models.RuntimeOptions;',
      'import java.util.LinkedHashMap;',
      'import java.util.Map;',
      '',
      `public class ${name} {`,
      '  public static void main(String[] arguments) throws Exception {',
      indented(main, 4),
      '  }',
      '}',
    );
    return { code, means: 'generic', install: 'Maven: com.aliyun:tea-openapi:0.3.15' };
  },
};
