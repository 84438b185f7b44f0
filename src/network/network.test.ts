import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cniConfig, cniLeftovers, hostPortLeftovers, writeCniConfig } from './index.ts';

test('a pod is joined to the bridge, with hairpin, an address of the node range and published ports', () => {
  expect(cniConfig({ confDir: '/c', dataDir: '/d', podCidrs: ['10.244.1.0/24'] })).toMatchObject({
    name: 'skiff',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        ipMasq: true,
        ipam: { type: 'host-local', dataDir: '/d', ranges: [[{ subnet: '10.244.1.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
});

test('the configuration is written only when it changes, and nothing half-written is left', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cni-'));
  const options = { confDir: join(directory, 'conf'), dataDir: join(directory, 'data'), podCidrs: ['10.244.1.0/24'] };
  expect(await writeCniConfig(options)).toBe(true);
  expect(await writeCniConfig(options)).toBe(false);
  expect(await writeCniConfig({ ...options, podCidrs: ['10.244.2.0/24'] })).toBe(true);
  expect(await readdir(options.confDir)).toEqual(['10-skiff.conflist']);
  expect(JSON.parse(await readFile(join(options.confDir, '10-skiff.conflist'), 'utf8'))).toMatchObject({ cniVersion: '0.4.0' });
  await rm(directory, { recursive: true });
});

test('only the rules of its own network are cleared away', () => {
  const own = `CNI-${'a'.repeat(24)}`;
  const rules = [
    `-A POSTROUTING -s 10.244.1.2/32 -m comment --comment "name: \\"mine\\" id: \\"1\\"" -j ${own}`,
    `-A ${own} -d 10.244.1.0/24 -m comment --comment "name: \\"mine\\" id: \\"1\\"" -j ACCEPT`,
    `-A POSTROUTING -s 10.244.2.2/32 -m comment --comment "name: \\"other\\" id: \\"2\\"" -j CNI-${'b'.repeat(24)}`,
  ];
  expect(cniLeftovers(rules, 'mine')).toEqual({ jumps: [rules[0]], chains: [own] });
});

test("the host ports' common chains go with the last host port", () => {
  const rules = [
    ':POSTROUTING ACCEPT [0:0]',
    ':CNI-HOSTPORT-DNAT - [0:0]',
    ':CNI-HOSTPORT-SETMARK - [0:0]',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000',
  ];
  expect(hostPortLeftovers(rules)).toEqual({ jumps: [rules[3]], chains: ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-SETMARK'] });
  const inUse = '-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8080 -j CNI-DN-0123456789abcdef';
  expect(hostPortLeftovers([...rules, inUse])).toEqual({ jumps: [], chains: [] });
});
