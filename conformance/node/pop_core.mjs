// @alicloud/pop-core: structures must be given as JSON text, arrays become Name.1, Name.2.
import popCore from '@alicloud/pop-core';
import { keeper, serve } from './lines.mjs';

const { RPCClient } = popCore;

const clientFor = keeper((request) => new RPCClient({
  accessKeyId: request.accessKeyId,
  accessKeySecret: request.accessKeySecret,
  securityToken: request.securityToken ?? undefined,
  endpoint: `${request.scheme}://${request.authority}`,
  apiVersion: request.version,
}));

function textOfStructures(params) {
  return Object.fromEntries(Object.entries(params).map(([name, value]) =>
    [name, value !== null && typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : value]));
}

// The first generation's operations are posted as a form, as its demos do; the others travel in the query of a GET.
function method(action) {
  return action.includes('Message') && !action.includes('LiveMessage') ? 'POST' : 'GET';
}

serve(
  (request) => clientFor(request).request(request.action, textOfStructures(request.params), { method: method(request.action) }),
  (error) => ({
    class: error.name,
    code: error.code,
    status: error.entry?.response?.statusCode ?? null,
    message: error.message,
    requestId: error.data?.RequestId,
    accessDenied: error.data?.AccessDeniedDetail,
  }),
);
