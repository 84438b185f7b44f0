import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { machineAddress } from '../addresses.ts';
import { codeOf } from '../failure.ts';
import { listClusters } from '../config.ts';
import { findProgram, missingPackages } from '../install/index.ts';
import { defaultBaseDir } from '../paths.ts';

/** One thing that was looked at. A problem keeps `skiff up` from working; a warning makes less of it work. */
export interface Finding {
  name: string;
  severity: 'ok' | 'warning' | 'problem';
  message: string;
  remedy?: string;
}

type Check = () => Promise<Omit<Finding, 'name'>>;

const ok = (message: string): Omit<Finding, 'name'> => ({ severity: 'ok', message });
const warning = (message: string, remedy: string): Omit<Finding, 'name'> => ({ severity: 'warning', message, remedy });
const problem = (message: string, remedy: string): Omit<Finding, 'name'> => ({ severity: 'problem', message, remedy });

const CHECKS: Readonly<Record<string, Check>> = {
  system: () => {
    if (process.platform === 'linux') return Promise.resolve(ok(`Linux, ${process.arch}`));
    return Promise.resolve(
      problem(`${process.platform} cannot run containers`, 'use Linux, or start without a node: skiff up --node-runtime none'),
    );
  },
  node: () => Promise.resolve(ok(`Node.js ${process.version}`)),
  rights: () =>
    Promise.resolve(
      process.getuid?.() === 0
        ? ok('running as root')
        : problem('not root: containers cannot be run', 'use sudo, or skiff up --node-runtime none'),
    ),
  capability: checkCapabilities,
  cgroups: checkCgroups,
  packages: async () => {
    const missing = await missingPackages();
    if (missing.length === 0) return ok('containerd, runc, CNI plugins, iptables, conntrack are installed');
    const remedy = `skiff up installs them; or: apt-get install ${missing.join(' ')}`;
    return (await findProgram('apt-get')) === undefined
      ? problem(`missing: ${missing.join(', ')}`, 'install them with your package manager')
      : warning(`missing: ${missing.join(', ')}`, remedy);
  },
  network: () => {
    const address = machineAddress();
    return Promise.resolve(
      address === '127.0.0.1'
        ? warning('this machine has no address but loopback', 'give one with skiff up --node-ip')
        : ok(`this machine is reached at ${address}`),
    );
  },
  forwarding: checkForwarding,
  port: checkPorts,
  disk: checkDisk,
};

/** Looks at everything that a node with real containers needs of the machine. Changes nothing. */
export async function examine(): Promise<Finding[]> {
  return await Promise.all(Object.entries(CHECKS).map(async ([name, check]) => ({ name, ...(await check()) })));
}

async function checkCapabilities(): Promise<Omit<Finding, 'name'>> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const missing = Object.entries({ CAP_SYS_ADMIN: 21n, CAP_NET_ADMIN: 12n }).filter(([, bit]) => (effective & (1n << bit)) === 0n);
  if (missing.length === 0) return ok('may make namespaces and network links');
  return problem(`lacks ${missing.map(([name]) => name).join(', ')}`, 'run it outside of a container, or in a privileged one');
}

async function checkCgroups(): Promise<Omit<Finding, 'name'>> {
  const unified = await access('/sys/fs/cgroup/cgroup.controllers').then(
    () => true,
    () => false,
  );
  if (unified) return ok('cgroups v2');
  const controllers = ['cpu', 'memory', 'pids'];
  const there = await Promise.all(
    controllers.map((name) =>
      access(`/sys/fs/cgroup/${name}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  const missing = controllers.filter((_name, index) => there[index] !== true);
  if (missing.length === 0) return ok('cgroups v1');
  return problem(`the cgroup controllers ${missing.join(', ')} are not mounted`, 'mount them below /sys/fs/cgroup');
}

async function checkForwarding(): Promise<Omit<Finding, 'name'>> {
  const value = await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8').catch(() => undefined);
  if (value === undefined) return problem('the kernel has no IPv4 forwarding', 'use a kernel with IPv4 networking');
  const writable = await access('/proc/sys/net/ipv4/ip_forward', constants.W_OK).then(
    () => true,
    () => false,
  );
  if (value.trim() === '1' || writable) return ok('packets can be forwarded');
  return problem('IPv4 forwarding is off and cannot be switched on', 'sysctl -w net.ipv4.ip_forward=1');
}

async function checkPorts(): Promise<Omit<Finding, 'name'>> {
  const mine = (await listClusters(defaultBaseDir())).map(({ config }) => config.port);
  const ports = [6443, 10250].filter((port) => !mine.includes(port) && (mine.length === 0 || port !== 10250));
  const taken = (await Promise.all(ports.map(async (port) => ((await isFree(port)) ? [] : [port])))).flat();
  if (taken.length === 0) return ok('ports 6443 and 10250 are free, or a cluster of ours uses them');
  return warning(`in use: ${taken.join(', ')}`, 'stop what uses them, or choose another API port: skiff up --port 0');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error) !== 'EADDRINUSE'));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

async function checkDisk(): Promise<Omit<Finding, 'name'>> {
  const base = defaultBaseDir();
  const dir = await access(base).then(
    () => base,
    () => '/',
  );
  const { bavail, bsize } = await statfs(dir);
  const gigabytes = (bavail * bsize) / 1e9;
  const message = `${gigabytes.toFixed(1)} GB free for ${base}`;
  return gigabytes < 2 ? warning(message, 'images and logs need some 2 GB: make room, or choose another --data-dir') : ok(message);
}
