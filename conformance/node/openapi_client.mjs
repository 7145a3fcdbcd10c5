// @alicloud/openapi-client used generically: lists as comma text, structures as JSON text, by the client's own functions.
import openApi, * as openApiModels from '@alicloud/openapi-client';
import openApiUtil from '@alicloud/openapi-util';
import * as teaUtil from '@alicloud/tea-util';
import { keeper, serve } from './lines.mjs';

const Client = openApi.default ?? openApi;
const OpenApiUtil = openApiUtil.default ?? openApiUtil;
const { Config, OpenApiRequest, Params } = openApiModels;

const clientFor = keeper((request) => {
  const client = new Client(new Config({
    accessKeyId: request.accessKeyId,
    accessKeySecret: request.accessKeySecret,
    securityToken: request.securityToken ?? undefined,
    endpoint: request.authority,
    protocol: request.scheme,
  }));
  return client;
});

function inForm(action) {
  return action.includes('Message') && !action.includes('LiveMessage');
}

function texts(params) {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => {
    if (Array.isArray(value)) {
      const style = value.some((item) => typeof item === 'object') ? 'json' : 'simple';
      return [name, OpenApiUtil.arrayToStringWithSpecifiedStyle(value, name, style)];
    }
    if (value !== null && typeof value === 'object') return [name, OpenApiUtil.arrayToStringWithSpecifiedStyle(value, name, 'json')];
    return [name, value];
  }));
}

async function call(request) {
  const params = new Params({
    action: request.action, version: request.version, protocol: request.scheme, pathname: '/', method: 'POST',
    authType: 'AK', style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
  });
  const values = texts(request.params);
  const message = inForm(request.action) ? { body: values } : { query: OpenApiUtil.query(values) };
  const answer = await clientFor(request).callApi(params, new OpenApiRequest(message), new teaUtil.RuntimeOptions({}));
  return answer.body;
}

serve(call, (error) => ({
  class: error.constructor.name,
  code: error.code,
  status: error.statusCode ?? error.data?.statusCode ?? null,
  message: error.message,
  requestId: error.data?.RequestId,
  accessDenied: error.accessDeniedDetail,
}));
