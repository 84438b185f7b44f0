import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { helmPath, KUBECTL_VERSIONS, kubectlPath } from './index.ts';

const run = promisify(execFile);

test.each(KUBECTL_VERSIONS)('kubectl %s is what it says', async (version) => {
  const { stdout } = await run(await kubectlPath(version), ['version', '--client', '-o', 'json']);
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
  expect(clientVersion.gitVersion).toMatch(new RegExp(`^v${version.replace('.', '\\.')}\\.`));
});

test('helm is of version 4', async () => {
  const { stdout } = await run(await helmPath(), ['version', '--short']);
  expect(stdout).toMatch(/^v4\./);
});
