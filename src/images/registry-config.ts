import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How a node reaches one registry. */
export interface RegistryConfig {
  /** The host in image names: `docker.io`, `localhost:5000`; `_default`: every registry without one of its own. */
  registry: string;
  /** Where to pull from, tried in this order: `http://10.0.0.5:5000`. Default: the registry itself. */
  endpoints?: readonly string[];
  /** Certificates that the endpoints' are checked against, as a PEM file. */
  caFile?: string;
  /** Takes any certificate. */
  insecureSkipVerify?: boolean;
}

/** Writes `hosts.toml` files into containerd's `certs.d`; containerd reads them at each pull. Nothing but the endpoints is asked. */
export async function writeRegistryConfig(certsDir: string, registries: readonly RegistryConfig[]): Promise<void> {
  for (const config of registries) {
    const directory = join(certsDir, directoryName(config.registry));
    await mkdir(directory, { recursive: true });
    const file = join(directory, 'hosts.toml');
    await writeFile(`${file}.new`, hostsToml(config));
    await rename(`${file}.new`, file);
  }
}

function directoryName(registry: string): string {
  if (registry !== '_default' && !/^[\w.-]+(:\d+)?$/.test(registry))
    throw new Error(`${JSON.stringify(registry)} is not a registry's host`);
  return registry;
}

/** Without `server`, containerd would fall back to the registry that the image's name says. */
export function hostsToml({ registry, endpoints = [ownEndpoint(registry)], caFile, insecureSkipVerify = false }: RegistryConfig): string {
  const lines = [`server = ${JSON.stringify(endpoints.at(-1))}`];
  for (const endpoint of endpoints) {
    lines.push('', `[host.${JSON.stringify(endpoint)}]`, '  capabilities = ["pull", "resolve"]');
    if (caFile !== undefined) lines.push(`  ca = ${JSON.stringify(caFile)}`);
    if (insecureSkipVerify) lines.push('  skip_verify = true');
  }
  return `${lines.join('\n')}\n`;
}

/** A registry on this machine is spoken to without TLS, as container tools do. */
function ownEndpoint(registry: string): string {
  if (registry === '_default') throw new Error('registries without a configuration of their own need endpoints');
  const isLocal = /^(localhost|127(\.\d+){3})(:\d+)?$/.test(registry);
  return `${isLocal ? 'http' : 'https'}://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}`;
}
