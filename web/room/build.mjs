// Builds the script and the style of the invite pages into web/dist/room/assets, under names that tell their content.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';
import { compress } from '../tools/compress.mjs';

const OUT = '../dist/room';

rmSync(OUT, { recursive: true, force: true });
await build({
  entryPoints: { room: 'src/main.ts', style: 'src/style.css' },
  outdir: `${OUT}/assets`,
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  legalComments: 'none',
  logLevel: 'warning',
});
compress(OUT);
