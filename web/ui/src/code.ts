// The same call as code to paste.
import type { Api, Made } from './call.ts';

export const VERSIONS: Readonly<Record<keyof Api, string>> = {
  live: '2016-11-01',
  cams: '2020-06-06',
  sts: '2015-04-01',
};

/** A call as code needs it. */
export type Callable = Pick<Made, 'product' | 'action' | 'parameters'>;

/** What is sent for a value. */
export const sent = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const given = (parameters: Record<string, unknown>): [string, string][] =>
  Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, sent(value)]);

/** Percent-encoding as signatures want it (RFC 3986). */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** A call with curl in a POSIX shell: signature version 3, made by openssl. The secret is read from the environment. */
export function curl({ product, action, parameters }: Callable, endpoint: string, accessKeyId: string): string {
  const body = given(parameters)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');
  const host = new URL(endpoint).host;
  return `key='${accessKeyId}'; secret="$ALIBABA_CLOUD_ACCESS_KEY_SECRET"
body='${body}'
date=$(date -u +%Y-%m-%dT%H:%M:%SZ); nonce=$(openssl rand -hex 16)
sha() { openssl dgst -sha256 "$@" | sed 's/.* //'; }
hash=$(printf %s "$body" | sha)
names='host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version'
request=$(printf '%s\\n' POST / '' 'host:${host}' 'x-acs-action:${action}' "x-acs-content-sha256:$hash" \\
  "x-acs-date:$date" "x-acs-signature-nonce:$nonce" 'x-acs-version:${VERSIONS[product]}' '' "$names" "$hash")
signature=$(printf 'ACS3-HMAC-SHA256\\n%s' "$(printf %s "$request" | sha)" | sha -hmac "$secret")
curl '${endpoint}/' --data "$body" -H 'x-acs-action: ${action}' -H 'x-acs-version: ${VERSIONS[product]}' \\
  -H "x-acs-date: $date" -H "x-acs-signature-nonce: $nonce" -H "x-acs-content-sha256: $hash" \\
  -H "Authorization: ACS3-HMAC-SHA256 Credential=$key,SignedHeaders=$names,Signature=$signature"`;
}

const python_ = (text: string): string => JSON.stringify(text);

/** A call with the generic runtime of the cloud's Python SDKs. */
export function python({ product, action, parameters }: Callable, endpoint: string, accessKeyId: string): string {
  const { host, protocol } = new URL(endpoint);
  const scheme = protocol.replace(':', '');
  const query = given(parameters).map(([name, value]) => `    ${python_(name)}: ${python_(value)},\n`);
  return `# pip install alibabacloud_tea_openapi
import os
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions

client = Client(Config(
    access_key_id=${python_(accessKeyId)},
    access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    endpoint=${python_(host)}, protocol=${python_(scheme)}))
params = Params(action=${python_(action)}, version=${python_(VERSIONS[product])}, pathname="/", method="POST",
    protocol=${python_(scheme.toUpperCase())}, auth_type="AK", style="RPC", req_body_type="formData", body_type="json")
query = {${query.length > 0 ? `\n${query.join('')}` : ''}}
print(client.call_api(params, OpenApiRequest(query=query), RuntimeOptions())["body"])`;
}
