// Builds the browser client: the scripts that the server offers under /sdk/, into web/dist/sdk, and the package, into dist.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';
import { compress } from '../tools/compress.mjs';

const SCRIPTS = '../dist/sdk';

/** The oldest browsers that the cloud's SDK names run what they get: no later syntax, no later global. */
const script = {
  bundle: true,
  minify: true,
  target: 'es2017',
  define: { globalThis: 'globalObject' },
  inject: ['src/global-object.ts'],
  legalComments: 'none',
  logLevel: 'warning',
};

rmSync(SCRIPTS, { recursive: true, force: true });
rmSync('dist', { recursive: true, force: true });
await Promise.all([
  build({ ...script, format: 'iife', entryPoints: ['src/global-alivc.ts'], outfile: `${SCRIPTS}/alivc-im.iife.js` }),
  build({
    ...script,
    format: 'iife',
    entryPoints: ['src/global-interaction.ts'],
    outfile: `${SCRIPTS}/aliyun-interaction-sdk.min.js`,
  }),
  build({
    ...script,
    format: 'esm',
    target: 'es2020',
    define: {},
    inject: [],
    entryPoints: ['src/script-module.ts'],
    outfile: `${SCRIPTS}/muster.js`,
  }),
  build({
    bundle: true,
    format: 'esm',
    target: 'es2020',
    packages: 'external',
    logLevel: 'warning',
    entryPoints: { index: 'src/index.ts', interaction: 'src/interaction/index.ts' },
    outdir: 'dist',
  }),
]);
compress(SCRIPTS);
