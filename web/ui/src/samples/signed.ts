// What the samples sign that make the signature by themselves (ACS3-HMAC-SHA256).
import type { WrittenCall } from './written.ts';

/** The signed headers in their order, with the values that are known beforehand; the others are empty. */
export function signed({ name, version, method, endpoint }: WrittenCall): [string, string][] {
  const headers: [string, string][] = [
    ['host', endpoint.authority],
    ['x-acs-action', name],
    ['x-acs-content-sha256', ''],
    ['x-acs-date', ''],
    ['x-acs-signature-nonce', ''],
    ['x-acs-version', version],
  ];
  if (method === 'POST') headers.unshift(['content-type', 'application/x-www-form-urlencoded']);
  return headers;
}
