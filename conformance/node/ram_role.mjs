// @alicloud/credentials of the type ram_role_arn, and a call with what it gives: one line of JSON in the environment's ASK.
import credentials, * as credentialsModels from '@alicloud/credentials';
import openApi, * as openApiModels from '@alicloud/openapi-client';
import * as teaUtil from '@alicloud/tea-util';

const Credential = credentials.default ?? credentials;
const Client = openApi.default ?? openApi;
const { Config, OpenApiRequest, Params } = openApiModels;
const ask = JSON.parse(process.env.ASK);

const credential = new Credential(new credentialsModels.Config({
  type: 'ram_role_arn',
  accessKeyId: ask.id,
  accessKeySecret: ask.secret,
  roleArn: ask.role,
  roleSessionName: 'node',
  externalId: ask.externalId,
  stsEndpoint: ask.authority,
}));
const client = new Client(new Config({ credential, endpoint: ask.authority, protocol: 'https' }));
const params = new Params({
  action: 'ListLiveMessageApps', version: '2016-11-01', protocol: 'https', pathname: '/', method: 'POST',
  authType: 'AK', style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
});
const answer = await client.callApi(params, new OpenApiRequest({ query: { SortType: '1' } }), new teaUtil.RuntimeOptions({}));
const { accessKeyId } = await credential.getCredential();
console.log(JSON.stringify({ key: accessKeyId, body: answer.body }));
