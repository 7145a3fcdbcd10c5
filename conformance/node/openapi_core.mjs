// @alicloud/openapi-core used generically: lists as Name.1, structures as dotted names, by the client's own function.
import openApi, { $OpenApiUtil, OpenApiUtil } from '@alicloud/openapi-core';
import * as darabonba from '@darabonba/typescript';
import { keeper, serve } from './lines.mjs';

const Client = openApi.default ?? openApi;

const clientFor = keeper((request) => new Client(new $OpenApiUtil.Config({
  accessKeyId: request.accessKeyId,
  accessKeySecret: request.accessKeySecret,
  securityToken: request.securityToken ?? undefined,
  endpoint: request.authority,
  protocol: request.scheme,
})));

function inForm(action) {
  return action.includes('Message') && !action.includes('LiveMessage');
}

// Free maps of the first generation are JSON text in every client: their keys are the caller's own.
function withTextOfMaps(params) {
  return Object.fromEntries(Object.entries(params).map(([name, value]) =>
    [name, ['Extension', 'AppConfig'].includes(name) ? JSON.stringify(value) : value]));
}

async function call(request) {
  const params = new $OpenApiUtil.Params({
    action: request.action, version: request.version, protocol: request.scheme, pathname: '/', method: 'POST',
    authType: 'AK', style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
  });
  const values = withTextOfMaps(request.params);
  const message = inForm(request.action) ? { body: values } : { query: OpenApiUtil.query(values) };
  const answer = await clientFor(request).callApi(params, new $OpenApiUtil.OpenApiRequest(message), new darabonba.RuntimeOptions({}));
  return answer.body;
}

serve(call, (error) => ({
  class: error.constructor.name,
  code: error.code,
  status: error.statusCode ?? error.data?.statusCode ?? null,
  message: error.message,
  requestId: error.requestId ?? error.data?.RequestId,
  accessDenied: error.accessDeniedDetail,
  retryAfter: error.retryAfter,
}));
