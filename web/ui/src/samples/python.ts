// Python, by the runtime under the typed packages of the cloud's SDKs, which knows every operation.
import { indented, lines, quoted } from './text.ts';
import { bodyType, type Endpoint, type WrittenCall } from './written.ts';

/** What must be installed first. */
export const PYTHON_RUNTIME = 'pip install alibabacloud-tea-openapi';

/** A client of this server, with the key from the environment. */
export function pythonClient({ authority, scheme }: Endpoint): string[] {
  return [
    'client = Client(',
    '    Config(',
    '        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],',
    '        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],',
    `        endpoint=${quoted(authority)},`,
    `        protocol=${quoted(scheme)},`,
    '    )',
    ')',
  ];
}

/** Prints an answer. */
export const pythonPrint = (body: string): string => `print(json.dumps(${body}, ensure_ascii=False, indent=2))`;

export function python(call: WrittenCall): string {
  const { name, version, method, endpoint, texts } = call;
  const xml = call.format === 'XML';
  const where = method === 'GET' ? 'query' : 'body';
  const members = texts.map(([parameter, text]) => `${quoted(parameter)}: ${quoted(text)},`);
  const request =
    members.length > 0
      ? [`    OpenApiRequest(${where}={`, ...indented(members, 8), '    }),']
      : ['    OpenApiRequest(),'];
  return lines(
    [...(xml ? [] : ['import json']), 'import os', ''],
    ['from alibabacloud_tea_openapi.client import Client'],
    ['from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params'],
    ['from alibabacloud_tea_util.models import RuntimeOptions', ''],
    pythonClient(endpoint),
    ['operation = Params('],
    [`    action=${quoted(name)},`, `    version=${quoted(version)},`, `    protocol=${quoted(endpoint.scheme)},`],
    [`    method=${quoted(method)},`, '    pathname="/",', '    auth_type="AK",', '    style="RPC",'],
    ['    req_body_type="formData",', `    body_type=${quoted(bodyType(call))},`, ')'],
    ['response = client.call_api(', '    operation,', ...request, '    RuntimeOptions(),', ')'],
    xml ? 'print(response["body"])' : pythonPrint('response["body"]'),
  );
}
