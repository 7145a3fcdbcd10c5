// What the samples sign that make the signature by themselves (ACS3-HMAC-SHA256).
import type { SampledCall } from './call.ts';

/** The signed headers in their order, with the values that are known beforehand; the others are empty. */
export function signed({ operation, endpoint }: SampledCall): [string, string][] {
  const headers: [string, string][] = [
    ['host', endpoint.authority],
    ['x-acs-action', operation.name],
    ['x-acs-content-sha256', ''],
    ['x-acs-date', ''],
    ['x-acs-signature-nonce', ''],
    ['x-acs-version', operation.version],
  ];
  if (operation.method === 'POST') headers.unshift(['content-type', 'application/x-www-form-urlencoded']);
  return headers;
}
