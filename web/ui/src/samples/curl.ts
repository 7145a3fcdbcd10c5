// curl, with the signature made by openssl.
import { signed } from './signed.ts';
import { lines, shellQuoted } from './text.ts';
import { encoded, type WrittenCall } from './written.ts';

const COMPUTED: Record<string, string> = {
  'x-acs-content-sha256': '$hash',
  'x-acs-date': '$date',
  'x-acs-signature-nonce': '$nonce',
};

/** A program of bash that needs curl and openssl alone. */
export function curl(call: WrittenCall): string {
  const { method } = call;
  const { scheme, authority } = call.endpoint;
  const read = method === 'GET';
  const headers = signed(call).map(([name, value]) => `${name}:${COMPUTED[name] ?? value}`);
  const names = signed(call).map(([name]) => name);
  return lines(
    [
      '#!/usr/bin/env bash',
      '# Signed with ACS3-HMAC-SHA256; openssl sees the secret on its command line.',
      'set -euo pipefail',
      '',
    ],
    [`parameters=${shellQuoted(encoded(call))}`],
    ['sha256() { openssl dgst -sha256 -r "$@" | cut -d" " -f1; }'],
    [`hash=$(printf '%s' ${read ? "''" : '"$parameters"'} | sha256)`],
    ['date=$(date -u +%Y-%m-%dT%H:%M:%SZ)', 'nonce=$(openssl rand -hex 16)'],
    [`headers="${headers.join('\n')}"`, `names='${names.join(';')}'`],
    [
      `canonical=$(printf '${method}\\n/\\n%s\\n%s\\n\\n%s\\n%s' ${read ? '"$parameters"' : "''"} "$headers" "$names" "$hash" | sha256)`,
    ],
    [`signature=$(printf 'ACS3-HMAC-SHA256\\n%s' "$canonical" | sha256 -hmac "$ALIBABA_CLOUD_ACCESS_KEY_SECRET")`, ''],
    ['curl --silent --show-error --fail-with-body \\'],
    [
      '  --header "Authorization: ACS3-HMAC-SHA256 Credential=$ALIBABA_CLOUD_ACCESS_KEY_ID,SignedHeaders=$names,Signature=$signature" \\',
    ],
    [`  --header @<(printf '%s\\n' "$headers") \\`],
    read
      ? [`  "${scheme}://${authority}/?$parameters"`]
      : ['  --data "$parameters" \\', `  '${scheme}://${authority}/'`],
  );
}
