// Builds a page of this workspace into dist/<folder>: index.html, and assets/ whose names tell their content.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { compress } from './compress.mjs';

const ICON = new URL('../ui/icon.svg', import.meta.url);

/**
 * @param {{ folder: string, title: string, entry?: string, language?: string }} page `folder` is both where it is built and
 *   what its assets' addresses begin with; `entry` is its script, which imports its styles.
 */
export async function buildPage({ folder, title, entry = 'src/main.tsx', language = 'en' }) {
  const out = new URL(`../dist/${folder}/`, import.meta.url).pathname;
  rmSync(out, { recursive: true, force: true });
  mkdirSync(`${out}assets`, { recursive: true });
  const { metafile } = await build({
    entryPoints: { main: entry },
    outdir: `${out}assets`,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const at = (file) => `/${folder}/assets/${basename(file)}`;
  const [[script, { cssBundle, imports }]] = Object.entries(metafile.outputs).filter(
    ([, { entryPoint }]) => entryPoint,
  );
  const early = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
  const icon = `icon-${createHash('sha256').update(readFileSync(ICON)).digest('hex').slice(0, 8).toUpperCase()}.svg`;
  writeFileSync(`${out}assets/${icon}`, readFileSync(ICON));
  // The script waits for no picture and no style, and nothing is painted before it has set the theme.
  const html = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${at(icon)}" type="image/svg+xml">
${cssBundle ? `<link rel="stylesheet" href="${at(cssBundle)}">\n` : ''}${early.map((path) => `<link rel="modulepreload" href="${at(path)}">\n`).join('')}<script type="module" src="${at(script)}" blocking="render"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript. 本页面需要启用 JavaScript。</noscript>
</body>
</html>
`;
  writeFileSync(`${out}index.html`, html);
  compress(out);
}

/** Bytes of what a browser loads of a page before it is used, compressed; what is loaded when it is asked for included. */
export function compressedBytes(folder, files) {
  return files.reduce((sum, file) => sum + readFileSync(`${folder}/${file}.br`).length, 0);
}
