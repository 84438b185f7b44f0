#!/usr/bin/env node
// Bundles the program: one file for what every command needs, one for each part that is loaded on demand. Starting it takes
// a fraction of what loading hundreds of modules does.
import { build } from 'esbuild';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist');

await rm(out, { recursive: true, force: true });
await build({
  entryPoints: { main: join(root, 'bin/skiff.ts') },
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  sourcemap: 'linked',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  // Native code finds its binary relative to its own package.
  external: ['lmdb'],
  // Its build for Node.js is CommonJS, whose names a dynamic import() of a bundled chunk does not see.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  loader: { '.proto': 'text', '.txt': 'text' },
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
});
// The entry switches the compile cache on before anything large is loaded.
await writeFile(
  join(out, 'skiff.js'),
  "import { enableCompileCache } from 'node:module';\nimport { join } from 'node:path';\nenableCompileCache(join(import.meta.dirname, 'cache'));\nawait import('./main.js');\n",
);
