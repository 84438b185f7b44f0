import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { Service, ServiceSpec } from '#api/generated/core-v1.ts';
import type { Endpoint, EndpointSlice } from '#api/generated/discovery-v1.ts';
import { runCommand, type CommandResult, type KubeProxyOptions, type RunCommand, type SysctlAccess } from '#kube-proxy';

/** A machine's network in miniature: a node with a bridge, two pods on it, and somebody outside, each a network namespace. */
export interface Lab {
  /** Runs a program in the node's network. */
  readonly run: RunCommand;
  readonly sysctls: SysctlAccess;
  /** What the proxy needs to work in the lab, but for the client. */
  readonly proxyOptions: Omit<KubeProxyOptions, 'client' | 'signal'>;
  /** The inputs that iptables-restore has got, in order. */
  readonly transactions: string[];
  /** What the proxy has logged. */
  readonly logged: string[];
  /** Resolves after the next successful transaction. */
  nextTransaction(): Promise<void>;
  /** What a server at this address says to somebody at `from`: `<its name> <the address it sees>`; else `refused`, `timeout`. */
  connect(from: Place, address: string, port: number): Promise<string>;
  connectOften(from: Place, address: string, port: number, times: number): Promise<string[]>;
  /** The same over UDP, always from the same port of the client. */
  send(from: Place, address: string, port: number): Promise<string>;
  /** A program in one of the networks. */
  runIn(place: Place, command: string, args: readonly string[]): Promise<CommandResult>;
  close(): Promise<void>;
}

export type Place = 'node' | 'pod-a' | 'pod-b' | 'outside';

export const POD_A = '10.244.0.5';
export const POD_B = '10.244.0.6';
export const GATEWAY = '10.244.0.1';
export const NODE_IP = '192.0.2.1';
export const OUTSIDE_IP = '192.0.2.2';
/** Both pods serve here, TCP and UDP. */
export const POD_PORT = 8080;

const SERVER = `
const [name, port] = process.argv.slice(1);
const tcp = require('node:net').createServer((socket) => socket.end(name + ' ' + socket.remoteAddress));
tcp.listen(Number(port), '0.0.0.0', () => {
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (_, from) => udp.send(name + ' ' + from.address, from.port, from.address));
  udp.bind(Number(port), () => console.log('ready'));
});`;

const UDP_CLIENT = `
const [address, port] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
const answer = (text) => { console.log(text); socket.close(); clearTimeout(timer); };
const timer = setTimeout(() => answer('timeout'), 1500);
socket.on('message', (message) => answer(String(message)));
socket.on('error', () => answer('refused'));
socket.bind(40000, () => socket.connect(Number(port), address, () => socket.send('hello')));`;

const TCP_CLIENT = `
const [address, port, count] = process.argv.slice(1);
for (let n = 0; n < Number(count); n++) {
  const socket = require('node:net').connect({ host: address, port: Number(port), timeout: 1500 });
  socket.on('data', (data) => { console.log(String(data)); socket.destroy(); });
  socket.on('timeout', () => { console.log('timeout'); socket.destroy(); });
  socket.on('error', (error) => console.log(error.code === 'ECONNREFUSED' ? 'refused' : error.code));
}`;

export async function openLab(): Promise<Lab> {
  const lab = new NamespaceLab();
  try {
    await lab.open();
  } catch (error) {
    await lab.close();
    throw error;
  }
  return lab;
}

class NamespaceLab implements Lab {
  readonly transactions: string[] = [];
  readonly logged: string[] = [];
  readonly #prefix = `kp${randomBytes(3).toString('hex')}`;
  readonly #servers: ChildProcess[] = [];
  #next = Promise.withResolvers<void>();

  readonly run: RunCommand = async (command, args, input) => {
    const result = await runCommand('nsenter', [`--net=${this.#path('node')}`, command, ...args], input);
    if (command.endsWith('-restore') && input !== undefined && result.code === 0) {
      this.transactions.push(input);
      this.#next.resolve();
      this.#next = Promise.withResolvers();
    }
    return result;
  };

  readonly sysctls: SysctlAccess = {
    read: async (name) => (await this.run('cat', [`/proc/sys/${name}`])).stdout.trim(),
    write: async (name, value) => {
      const { code, stderr } = await this.run('sh', ['-c', `echo ${value} > /proc/sys/${name}`]);
      if (code !== 0) throw new Error(stderr);
    },
  };

  get proxyOptions(): Omit<KubeProxyOptions, 'client' | 'signal'> {
    const log = (message: string, error?: unknown): void =>
      void this.logged.push(error instanceof Error ? `${message}: ${error.message}` : message);
    return { nodeName: 'this', nodeAddresses: [NODE_IP], clusterCidr: '10.244.0.0/16', runCommand: this.run, sysctls: this.sysctls, log };
  }

  nextTransaction(): Promise<void> {
    return this.#next.promise;
  }

  async open(): Promise<void> {
    for (const place of ['node', 'pod-a', 'pod-b', 'outside'] as const) await this.#ip(['netns', 'add', this.#name(place)]);
    await this.#in('node', 'link set lo up', 'link add cni0 type bridge', `addr add ${GATEWAY}/24 dev cni0`, 'link set cni0 up');
    await this.#pod('pod-a', POD_A);
    await this.#pod('pod-b', POD_B);
    await this.#wire('outside', 'uplink');
    await this.#in('node', `addr add ${NODE_IP}/24 dev uplink`, 'link set uplink up', `route add default via ${OUTSIDE_IP}`);
    await this.#in(
      'outside',
      'link set lo up',
      `addr add ${OUTSIDE_IP}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${NODE_IP}`,
    );
    await this.#serve('pod-a');
    await this.#serve('pod-b');
  }

  async connect(from: Place, address: string, port: number): Promise<string> {
    return (await this.connectOften(from, address, port, 1)).join();
  }

  async connectOften(from: Place, address: string, port: number, times: number): Promise<string[]> {
    const { stdout } = await this.runIn(from, process.execPath, ['-e', TCP_CLIENT, address, String(port), String(times)]);
    return stdout.trim().split('\n');
  }

  async send(from: Place, address: string, port: number): Promise<string> {
    return (await this.runIn(from, process.execPath, ['-e', UDP_CLIENT, address, String(port)])).stdout.trim();
  }

  runIn(place: Place, command: string, args: readonly string[]): Promise<CommandResult> {
    return runCommand('nsenter', [`--net=${this.#path(place)}`, command, ...args]);
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    }
    for (const place of ['pod-a', 'pod-b', 'outside', 'node'] as const) await runCommand('ip', ['netns', 'delete', this.#name(place)]);
  }

  async #pod(place: Place, address: string): Promise<void> {
    await this.#wire(place, place);
    await this.#in('node', `link set ${place} master cni0 up`, `link set ${place} type bridge_slave hairpin on`);
    await this.#in(place, 'link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up', `route add default via ${GATEWAY}`);
  }

  /** A cable from the place's eth0 to an interface of the node. */
  async #wire(place: Place, nodeInterface: string): Promise<void> {
    await this.#ip([
      'link',
      'add',
      'eth0',
      'netns',
      this.#name(place),
      'type',
      'veth',
      'peer',
      'name',
      nodeInterface,
      'netns',
      this.#name('node'),
    ]);
  }

  async #serve(place: Place): Promise<void> {
    const args = [`--net=${this.#path(place)}`, process.execPath, '-e', SERVER, place, String(POD_PORT)];
    const server = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#servers.push(server);
    await once(server.stdout, 'data');
  }

  async #in(place: Place, ...commands: string[]): Promise<void> {
    for (const command of commands) await this.#ip(['-n', this.#name(place), ...command.split(' ')]);
  }

  async #ip(args: readonly string[]): Promise<void> {
    const { code, stderr } = await runCommand('ip', args);
    if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  }

  #name(place: Place): string {
    return `${this.#prefix}-${place}`;
  }

  #path(place: Place): string {
    return `/run/netns/${this.#name(place)}`;
  }
}

export function service(name: string, spec: Partial<ServiceSpec>, status: object = {}): Service {
  const ports = [{ port: 80, protocol: 'TCP', targetPort: POD_PORT, ...spec.ports?.[0] }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name },
    spec: { type: 'ClusterIP', ...spec, ports },
    status: { loadBalancer: {}, ...status },
  };
}

export function slice(serviceName: string, endpoints: readonly Partial<Endpoint>[], protocol = 'TCP'): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: `${serviceName}-1`, labels: { 'kubernetes.io/service-name': serviceName } },
    addressType: 'IPv4',
    endpoints: endpoints.map((endpoint) => ({ addresses: [], conditions: { ready: true, serving: true }, ...endpoint })),
    ports: [{ name: '', port: POD_PORT, protocol }],
  };
}

export const A: Partial<Endpoint> = { addresses: [POD_A], nodeName: 'this' };
export const B: Partial<Endpoint> = { addresses: [POD_B], nodeName: 'this' };
