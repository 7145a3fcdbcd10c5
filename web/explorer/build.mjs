// Builds the explorer's page into web/dist/explorer, and its samples as a module for programs into dist.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';
import { buildPage } from '../tools/page.mjs';

await buildPage({ folder: 'explorer', title: 'Explorer · Muster' });
rmSync('dist', { recursive: true, force: true });
await build({
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  logLevel: 'warning',
  entryPoints: { samples: 'src/samples/index.ts' },
  outdir: 'dist',
});
