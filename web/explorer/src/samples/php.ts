// PHP: the runtime that the typed packages stand on.
import { bodyType, indented, lines, phpQuoted } from '@muster/ui/samples';
import { type Language, wireTexts } from './call.ts';

export const php: Language = {
  id: 'php',
  name: 'PHP',
  sample(call) {
    const { name, version, method } = call.operation;
    const { scheme, authority } = call.endpoint;
    const members = wireTexts(call).map(([parameter, text]) => `'${parameter}' => ${phpQuoted(text)},`);
    const where = method === 'GET' ? 'query' : 'body';
    const code = lines(
      ['<?php', '', "require 'vendor/autoload.php';", ''],
      ['use AlibabaCloud\\Dara\\Models\\RuntimeOptions;', 'use Darabonba\\OpenApi\\Models\\Config;'],
      ['use Darabonba\\OpenApi\\Models\\OpenApiRequest;', 'use Darabonba\\OpenApi\\Models\\Params;'],
      ['use Darabonba\\OpenApi\\OpenApiClient;', ''],
      ['$client = new OpenApiClient(new Config(['],
      ["    'accessKeyId' => getenv('ALIBABA_CLOUD_ACCESS_KEY_ID'),"],
      ["    'accessKeySecret' => getenv('ALIBABA_CLOUD_ACCESS_KEY_SECRET'),"],
      [`    'endpoint' => ${phpQuoted(authority)},`, `    'protocol' => ${phpQuoted(scheme)},`, ']));'],
      ['$operation = new Params([', `    'action' => ${phpQuoted(name)},`, `    'version' => ${phpQuoted(version)},`],
      [`    'protocol' => ${phpQuoted(scheme)},`, `    'method' => ${phpQuoted(method)},`, "    'pathname' => '/',"],
      [
        "    'authType' => 'AK',",
        "    'style' => 'RPC',",
        "    'reqBodyType' => 'formData',",
        `    'bodyType' => ${phpQuoted(bodyType(call))},`,
        ']);',
      ],
      [`$request = new OpenApiRequest(['${where}' => [`, ...indented(members, 4), ']]);'],
      ['$response = $client->callApi($operation, $request, new RuntimeOptions([]));', ''],
      call.format === 'XML'
        ? "echo $response['body'], PHP_EOL;"
        : "echo json_encode($response['body'], JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE), PHP_EOL;",
    );
    return { code, means: 'generic', install: 'composer require alibabacloud/darabonba-openapi' };
  },
};
