// The same call in nine languages: pure functions of an operation, its arguments and an endpoint. The key is never in the
// code, it comes from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.
import type { Language } from './call.ts';
import { cli } from './cli.ts';
import { csharp } from './csharp.ts';
import { curl } from './curl.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { node } from './node.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { rust } from './rust.ts';

export const LANGUAGES: readonly Language[] = [python, java, go, node, php, csharp, rust, cli, curl];

export type { Endpoint, Format } from '@muster/ui/samples';
export { exampleOf, type OpenApiDocument, readProduct } from '../contract/operation.ts';
export { type Language, type Sample, type SampledCall, sampledCall } from './call.ts';
