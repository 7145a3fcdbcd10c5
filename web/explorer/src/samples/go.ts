// Go: the runtime that the typed packages stand on.
import { bodyType, lines, quoted } from '@muster/ui/samples';
import { type Language, wireTexts } from './call.ts';

export const go: Language = {
  id: 'go',
  name: 'Go',
  sample(call) {
    const { name, version, method } = call.operation;
    const { scheme, authority } = call.endpoint;
    const pairs = aligned(wireTexts(call).map(([parameter, text]) => [`${quoted(parameter)}:`, `${quoted(text)},`]));
    const parameters =
      pairs.length > 0
        ? ['\tparameters := map[string]interface{}{', ...pairs.map((pair) => `\t\t${pair}`), '\t}']
        : ['\tparameters := map[string]interface{}{}'];
    const request = method === 'GET' ? 'Query: openapiutil.Query(parameters)' : 'Body: parameters';
    const code = lines(
      ['package main', '', 'import (', call.format === 'XML' ? '\t"fmt"' : '\t"encoding/json"', '\t"os"', ''],
      ['\topenapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"'],
      ['\topenapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"'],
      ['\t"github.com/alibabacloud-go/tea/dara"', ')', ''],
      ['func main() {', '\tclient, err := openapi.NewClient(&openapiutil.Config{'],
      ['\t\tAccessKeyId:     dara.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),'],
      ['\t\tAccessKeySecret: dara.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),'],
      [
        `\t\tEndpoint:        dara.String(${quoted(authority)}),`,
        `\t\tProtocol:        dara.String(${quoted(scheme)}),`,
      ],
      ['\t})', '\tif err != nil {', '\t\tpanic(err)', '\t}', '\toperation := &openapiutil.Params{'],
      [`\t\tAction:      dara.String(${quoted(name)}),`, `\t\tVersion:     dara.String(${quoted(version)}),`],
      [`\t\tProtocol:    dara.String(${quoted(scheme)}),`, `\t\tMethod:      dara.String(${quoted(method)}),`],
      [
        '\t\tPathname:    dara.String("/"),',
        '\t\tAuthType:    dara.String("AK"),',
        '\t\tStyle:       dara.String("RPC"),',
      ],
      ['\t\tReqBodyType: dara.String("formData"),', `\t\tBodyType:    dara.String(${quoted(bodyType(call))}),`, '\t}'],
      parameters,
      [`\trequest := &openapiutil.OpenApiRequest{${request}}`],
      ['\tresponse, err := client.CallApi(operation, request, &dara.RuntimeOptions{})'],
      ['\tif err != nil {', '\t\tpanic(err)', '\t}'],
      call.format === 'XML'
        ? ['\tfmt.Println(response["body"])', '}']
        : [
            '\tif err := json.NewEncoder(os.Stdout).Encode(response["body"]); err != nil {',
            '\t\tpanic(err)',
            '\t}',
            '}',
          ],
    );
    return { code, means: 'generic', install: 'go get github.com/alibabacloud-go/darabonba-openapi/v2' };
  },
};

/** Pairs in columns, as gofmt sets them while keys have at most 40 characters, as all of ours. */
function aligned(pairs: [string, string][]): string[] {
  const width = Math.max(0, ...pairs.map(([key]) => key.length));
  return pairs.map(([key, value]) => `${key.padEnd(width)} ${value}`);
}
