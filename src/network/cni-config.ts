import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CniOptions {
  /** Name of the network; marks its rules in iptables, so each node on a machine has its own. Default: `skiff`. */
  name?: string;
  /** Where the runtime looks for configurations. */
  confDir: string;
  /** Where host-local remembers which addresses are taken; one for each node. */
  dataDir: string;
  /** The node's ranges of pod addresses, one for each IP family. */
  podCidrs: readonly string[];
  /** Name of the bridge that pods are joined to. Default: `cni0`. */
  bridge?: string;
  mtu?: number;
  /** Give packets that leave the pods' ranges the node's address. Default: true. Off where routes or rules do it otherwise. */
  masquerade?: boolean;
}

export const CNI_CONFIG_NAME = '10-skiff.conflist';

const DEFAULT_ROUTES: Record<'4' | '6', string> = { 4: '0.0.0.0/0', 6: '::/0' };

/** The chain of plugins that gives a pod its interface: a port on the bridge, an address, published ports. */
export function cniConfig({ name = 'skiff', bridge = 'cni0', dataDir, podCidrs, mtu, masquerade = true }: CniOptions): object {
  const families = [...new Set(podCidrs.map((cidr): '4' | '6' => (cidr.includes(':') ? '6' : '4')))];
  return {
    cniVersion: '0.4.0',
    name,
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        ipMasq: masquerade,
        // A pod that reaches itself through its own Service.
        hairpinMode: true,
        ...(mtu === undefined ? {} : { mtu }),
        ipam: {
          type: 'host-local',
          dataDir,
          ranges: podCidrs.map((subnet) => [{ subnet }]),
          routes: families.map((family) => ({ dst: DEFAULT_ROUTES[family] })),
        },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}

/** Writes the configuration in one step. Resolves with whether it was another one before. */
export async function writeCniConfig(options: CniOptions): Promise<boolean> {
  if (options.podCidrs.length === 0) throw new Error('a CNI configuration needs a range of pod addresses');
  const path = join(options.confDir, CNI_CONFIG_NAME);
  const text = `${JSON.stringify(cniConfig(options), undefined, 2)}\n`;
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return false;
  await mkdir(options.confDir, { recursive: true });
  await mkdir(options.dataDir, { recursive: true });
  // Hidden from the runtime by its ending until it is whole.
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
  return true;
}
