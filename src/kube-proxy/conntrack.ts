import type { IpFamily } from './options.ts';
import type { UdpFlows } from './rules/index.ts';
import { isMissingProgram, type CommandResult, type RunCommand } from './run-command.ts';

/** One line of the kernel's connection table: where packets were sent, and who answers them. */
interface Flow {
  destination: string;
  port: string;
  answeredBy: string;
  answerPort: string;
}

const FLOW = / dst=(\S+) sport=\d+ dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+) /;

/**
 * Cuts UDP flows off from endpoints that have gone. A flow keeps the endpoint of its first packet for as long as packets
 * come: a client that goes on sending would never reach another. (TCP finds out by itself.)
 */
export class UdpFlowCleaner {
  readonly #run: RunCommand;
  readonly #family: IpFamily;
  readonly #log: (message: string, error?: unknown) => void;
  #missing = false;

  constructor(run: RunCommand, family: IpFamily, log: (message: string, error?: unknown) => void) {
    this.#run = run;
    this.#family = family;
    this.#log = log;
  }

  /** Ends all flows to these service ports that are answered by none of their targets. Failures are logged, not thrown. */
  async clean(services: Iterable<UdpFlows>): Promise<void> {
    if (this.#missing) return;
    const targets = targetsByDestination(services);
    if (targets.size === 0) return;
    try {
      const listed = await this.#conntrack('-L', []);
      if (listed.code !== 0) throw new Error(listed.stderr.trim());
      for (const flow of staleFlows(listed.stdout, targets)) await this.#end(flow);
    } catch (error) {
      this.#missing = isMissingProgram(error);
      const remedy = this.#missing ? ': UDP clients may go on sending to endpoints that are gone; install the package "conntrack"' : '';
      this.#log(`cannot clean up UDP flows${remedy}`, error);
    }
  }

  async #end({ destination, port, answeredBy, answerPort }: Flow): Promise<void> {
    const flow = ['--orig-dst', destination, '--orig-port-dst', port, '--reply-src', answeredBy, '--reply-port-src', answerPort];
    // Exit code 1: it has ended meanwhile.
    await this.#conntrack('-D', flow);
  }

  #conntrack(command: string, args: readonly string[]): Promise<CommandResult> {
    const family = this.#family === 'IPv6' ? 'ipv6' : 'ipv4';
    return this.#run('conntrack', [command, '-f', family, '-p', 'udp', ...args]);
  }
}

/** `ip:port`, and `:port` for node ports, to all who may answer there. */
function targetsByDestination(services: Iterable<UdpFlows>): Map<string, ReadonlySet<string>> {
  const targets = new Map<string, ReadonlySet<string>>();
  for (const service of services) {
    for (const address of service.addresses) targets.set(`${address}:${service.port}`, service.targets);
    if (service.nodePort !== 0) targets.set(`:${service.nodePort}`, service.targets);
  }
  return targets;
}

/** Each kind of stale flow once, of however many clients. */
function staleFlows(listed: string, targets: ReadonlyMap<string, ReadonlySet<string>>): Iterable<Flow> {
  const stale = new Map<string, Flow>();
  for (const line of listed.split('\n')) {
    const [, destination = '', port = '', answeredBy = '', answerPort = ''] = FLOW.exec(line) ?? [];
    const allowed = targets.get(`${destination}:${port}`) ?? targets.get(`:${port}`);
    const by = answeredBy.includes(':') ? `[${answeredBy}]:${answerPort}` : `${answeredBy}:${answerPort}`;
    if (allowed && !allowed.has(by)) stale.set(`${destination} ${port} ${by}`, { destination, port, answeredBy, answerPort });
  }
  return stale.values();
}

/** The flows to look after when a service has changed: its present ones, and those of addresses that it no longer has. */
export function changedFlows(old: readonly UdpFlows[], now: readonly UdpFlows[]): UdpFlows[] {
  if (fingerprint(old) === fingerprint(now)) return [];
  const gone = old.map((flows) => ({ ...flows, targets: new Set<string>() }));
  return [...gone, ...now];
}

function fingerprint(flows: readonly UdpFlows[]): string {
  return flows.map(({ addresses, port, nodePort, targets }) => [addresses, port, nodePort, [...targets]].join(' ')).join('\n');
}
