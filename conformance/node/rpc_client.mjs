// @alicloud/rpc-client used generically: flat texts, by the older runtime's own signing (HMAC-SHA1).
import rpcClient, { Config } from '@alicloud/rpc-client';
import * as teaUtil from '@alicloud/tea-util';
import { keeper, serve } from './lines.mjs';

const Client = rpcClient.default ?? rpcClient;

const clientFor = keeper((request) => new Client(new Config({
  accessKeyId: request.accessKeyId,
  accessKeySecret: request.accessKeySecret,
  securityToken: request.securityToken ?? undefined,
  endpoint: request.authority,
  protocol: request.scheme,
  type: request.securityToken ? 'sts' : 'access_key',
})));

function inForm(action) {
  return action.includes('Message') && !action.includes('LiveMessage');
}

// Lists of plain values as comma text, structures as JSON text, as the SDKs made for this runtime write them.
function texts(params) {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => {
    if (Array.isArray(value) && !value.some((item) => typeof item === 'object')) return [name, value.join(',')];
    return [name, value !== null && typeof value === 'object' ? JSON.stringify(value) : value];
  }));
}

serve(
  (request) => {
    const values = texts(request.params);
    const [query, body] = inForm(request.action) ? [{}, values] : [values, {}];
    return clientFor(request).doRequest(
      request.action, request.scheme, 'POST', request.version, 'AK', query, body, new teaUtil.RuntimeOptions({}),
    );
  },
  (error) => ({
    class: error.constructor.name,
    // The client adds `Error` to the code, and keeps the answer as it came.
    code: error.data?.Code ?? error.code,
    status: Number(/code: (\d+),/.exec(error.message)?.[1]) || null,
    message: error.message,
    requestId: error.data?.RequestId,
    accessDenied: error.data?.AccessDeniedDetail,
  }),
);
