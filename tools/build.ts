#!/usr/bin/env node
// Bundles the program: one file for what every command needs, one for each part that is loaded on demand. Starting it takes
// a fraction of what loading hundreds of modules does.
import { build } from 'esbuild';
import { mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
/** Builds that are kept: programs that run go on loading parts of theirs. */
const KEPT = 5;

await mkdir(dist, { recursive: true });
const name = `build-${Date.now()}-${process.pid}`;
const out = join(dist, name);
await build({
  entryPoints: { main: join(root, 'bin/skiff.ts'), library: join(root, 'src/cluster/index.ts') },
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

// `current` is switched in one step: whoever starts the program meanwhile gets the old build or the new one, whole.
const link = join(dist, `.current-${process.pid}`);
await symlink(name, link);
await rename(link, join(dist, 'current'));

const builds = (await readdir(dist)).filter((entry) => entry.startsWith('build-'));
const ages = await Promise.all(builds.map(async (entry) => ({ entry, time: (await stat(join(dist, entry))).mtimeMs })));
const old = ages.toSorted((a, b) => b.time - a.time).slice(KEPT);
await Promise.all(old.map(async ({ entry }) => await rm(join(dist, entry), { recursive: true, force: true })));
