import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostsToml, writeRegistryConfig } from './registry-config.ts';

test('mirrors are tried in their order, and nothing else is', () => {
  expect(hostsToml({ registry: 'docker.io', endpoints: ['http://10.0.0.5:5000', 'https://mirror.example'] }))
    .toBe(`server = "https://mirror.example"

[host."http://10.0.0.5:5000"]
  capabilities = ["pull", "resolve"]

[host."https://mirror.example"]
  capabilities = ["pull", "resolve"]
`);
});

test('a registry on this machine is spoken to without TLS', () => {
  expect(hostsToml({ registry: 'localhost:5000' })).toContain('server = "http://localhost:5000"');
  expect(hostsToml({ registry: 'registry.example' })).toContain('server = "https://registry.example"');
});

test('certificates are checked against a file, or not at all', () => {
  expect(hostsToml({ registry: 'r.example', caFile: '/etc/ca.crt' })).toContain('  ca = "/etc/ca.crt"\n');
  expect(hostsToml({ registry: 'r.example', insecureSkipVerify: true })).toContain('  skip_verify = true\n');
});

test('each registry has a folder with a hosts.toml', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-certs-'));
  try {
    await writeRegistryConfig(directory, [{ registry: 'localhost:5000' }, { registry: '_default', endpoints: ['http://10.0.0.5:5000'] }]);
    expect(await readFile(join(directory, 'localhost:5000/hosts.toml'), 'utf8')).toContain('http://localhost:5000');
    expect(await readFile(join(directory, '_default/hosts.toml'), 'utf8')).toContain('http://10.0.0.5:5000');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('what is no host is refused', async () => {
  await expect(writeRegistryConfig('/nowhere', [{ registry: '../etc' }])).rejects.toThrow("is not a registry's host");
  await expect(writeRegistryConfig('/nowhere', [{ registry: '_default' }])).rejects.toThrow('need endpoints');
});
