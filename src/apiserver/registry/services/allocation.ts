import { randomInt } from 'node:crypto';
import type { Service, ServicePort } from '#api/generated/core-v1.ts';
import { fieldInvalid, internalError, invalid, type FieldError, type KubeObject } from '#apimachinery';
import type { Delivery, Filter, Watcher } from '../../cache/index.ts';
import type { ResourceHooks, Undo } from '../hooks.ts';
import type { Resource } from '../resource.ts';
import { AddressRange } from './address-range.ts';

export interface ServiceAllocationOptions {
  cidr: string;
  /** First and last port. */
  nodePorts: readonly [number, number];
}

type PortClaim = Pick<ServicePort, 'protocol' | 'nodePort'>;

/** Allots cluster IPs and node ports to Services. What is taken is read from the Services themselves, so nothing can leak. */
export class ServiceAllocation implements Watcher {
  readonly filter: Filter = {};
  readonly #range: AddressRange;
  readonly #nodePorts: readonly [number, number];
  /** Who has an address or a port: the Service's uid. Ports are kept as `TCP/30080`. */
  readonly #taken = new Map<string, string>();
  /** The same the other way round: what each uid has. */
  readonly #claims = new Map<string, string[]>();
  /** Given out to writes that are under way. */
  readonly #pending = new Set<string>();
  #services: Resource | undefined;
  /** Resolves, when present Services have been told, with the way to stop. */
  #following: Promise<() => void> | undefined;

  constructor({ cidr, nodePorts }: ServiceAllocationOptions) {
    this.#range = new AddressRange(cidr);
    this.#nodePorts = nodePorts;
  }

  readonly hooks: ResourceHooks = {
    beforeCreate: async (object, dryRun) => await this.#allot(object as Service, undefined, dryRun),
    beforeUpdate: async (object, old, dryRun) => await this.#allot(object as Service, old as Service, dryRun),
  };

  /** Follows the Services that are there. */
  attach(services: Resource): void {
    this.#services = services;
  }

  deliver(deliveries: readonly Delivery[]): void {
    for (const { type, entry } of deliveries) {
      const service = entry.object as Service;
      const uid = uidOf(service);
      for (const claim of this.#claims.get(uid) ?? []) if (this.#taken.get(claim) === uid) this.#taken.delete(claim);
      this.#claims.delete(uid);
      if (type === 'DELETED') continue;
      const claims = claimsOf(service);
      this.#claims.set(uid, claims);
      for (const claim of claims) {
        this.#taken.set(claim, uid);
        this.#pending.delete(claim);
      }
    }
  }

  /** The cache starts over: everything is told again to a new watch. */
  end(): void {
    void this.#following?.then((stop) => stop());
    this.#taken.clear();
    this.#claims.clear();
    this.#following = undefined;
  }

  async #allot(service: Service, old: Service | undefined, dryRun: boolean): Promise<Undo | undefined> {
    await this.#follow();
    const claimed: string[] = [];
    const release = (): Promise<void> => {
      for (const claim of claimed) this.#pending.delete(claim);
      return Promise.resolve();
    };
    try {
      const errors = [
        ...this.#address(service, old, claimed),
        ...this.#ports(service, old, claimed),
        ...this.#healthCheckPort(service, old, claimed),
      ];
      if (errors.length > 0) throw invalid({ group: '', kind: 'Service' }, service.metadata.name, errors);
    } catch (error) {
      await release();
      throw error;
    }
    if (dryRun) await release();
    return claimed.length === 0 ? undefined : release;
  }

  async #follow(): Promise<void> {
    if (this.#services === undefined) throw internalError('service allocation has not been attached');
    const following = (this.#following ??= this.#services.cache.watch(this, undefined));
    try {
      await following;
    } catch (error) {
      if (this.#following === following) this.#following = undefined;
      throw error;
    }
  }

  #isTaken(claim: string, uid: string): boolean {
    const owner = this.#taken.get(claim);
    return this.#pending.has(claim) || (owner !== undefined && owner !== uid);
  }

  #claim(claim: string, claimed: string[]): void {
    if (this.#taken.has(claim)) return;
    this.#pending.add(claim);
    claimed.push(claim);
  }

  #address({ spec, metadata }: Service, old: Service | undefined, claimed: string[]): FieldError[] {
    if (spec.type === 'ExternalName' || spec.clusterIP === 'None') return [];
    const wanted = spec.clusterIP ?? '';
    if (wanted !== '' && wanted === old?.spec.clusterIP) return [];
    const uid = metadata.uid ?? '';
    const refuse = (why: string): FieldError[] => [
      fieldInvalid('spec.clusterIPs', spec.clusterIPs ?? [wanted], `failed to allocate IP ${wanted}: ${why}`),
    ];
    if (wanted !== '') {
      if (!this.#range.contains(wanted))
        return refuse(`the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${this.#range.cidr}`);
      if (!this.#range.isUsable(wanted)) return refuse(`the provided network range ${this.#range.cidr} does not include it`);
      if (this.#isTaken(wanted, uid)) return refuse('provided IP is already allocated');
    }
    const address = wanted === '' ? this.#range.pick((candidate) => this.#isTaken(candidate, uid)) : wanted;
    if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full');
    spec.clusterIP = address;
    spec.clusterIPs = [address, ...(spec.clusterIPs ?? []).slice(1)];
    this.#claim(address, claimed);
    return [];
  }

  #ports(service: Service, old: Service | undefined, claimed: string[]): FieldError[] {
    const { spec, metadata } = service;
    if (!wantsNodePorts(service)) return [];
    const uid = metadata.uid ?? '';
    const errors: FieldError[] = [];
    // One number may serve both TCP and UDP of the same Service.
    const given = new Map<number, string>();
    const before = new Set(old?.spec.ports?.map(portClaim));
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (port.nodePort === undefined || port.nodePort === 0) {
        const shared = [...given].find(([number, of]) => of === String(port.port) && !this.#isTaken(`${port.protocol}/${number}`, uid));
        port.nodePort = shared?.[0] ?? this.#pickPort(port, uid);
      } else if (!before.has(portClaim(port))) {
        const why = this.#portProblem(port, uid);
        if (why !== undefined) {
          errors.push(fieldInvalid(`spec.ports[${index}].nodePort`, port.nodePort, why));
          continue;
        }
      }
      given.set(port.nodePort, String(port.port));
      this.#claim(portClaim(port), claimed);
    }
    return errors;
  }

  /** Where load balancers ask a node whether it has endpoints of its own: one port of every node, as node ports are. */
  #healthCheckPort({ spec, metadata }: Service, old: Service | undefined, claimed: string[]): FieldError[] {
    if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return [];
    const uid = metadata.uid ?? '';
    const wanted = spec.healthCheckNodePort ?? 0;
    if (wanted !== 0 && wanted === old?.spec.healthCheckNodePort) return [];
    const port = { protocol: 'TCP', nodePort: wanted === 0 ? this.#pickPort({ protocol: 'TCP' }, uid) : wanted };
    const why = this.#portProblem(port, uid);
    if (why !== undefined) return [fieldInvalid('spec.healthCheckNodePort', wanted, why)];
    spec.healthCheckNodePort = port.nodePort;
    this.#claim(portClaim(port), claimed);
    return [];
  }

  #portProblem(port: PortClaim, uid: string): string | undefined {
    const [first, last] = this.#nodePorts;
    const number = port.nodePort ?? 0;
    if (number < first || number > last) return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    return this.#isTaken(portClaim(port), uid) ? 'provided port is already allocated' : undefined;
  }

  /** Some free port, from the upper part first: the lower one is left to people who ask for a certain port. */
  #pickPort(port: PortClaim, uid: string): number {
    const [first, last] = this.#nodePorts;
    const count = last - first + 1;
    const reserved = count <= LEAST_RESERVED ? 0 : Math.min(Math.max(Math.floor(count / 32), LEAST_RESERVED), 128);
    const found = this.#searchPort(first + reserved, last, port, uid) ?? this.#searchPort(first, first + reserved - 1, port, uid);
    if (found === undefined) throw internalError('failed to allocate a nodePort: range is full');
    return found;
  }

  #searchPort(low: number, high: number, port: PortClaim, uid: string): number | undefined {
    const count = high - low + 1;
    if (count <= 0) return undefined;
    const start = randomInt(count);
    for (let step = 0; step < count; step++) {
      const number = low + ((start + step) % count);
      // What this very Service has already, or is getting, is not free either.
      if (!this.#taken.has(`${port.protocol}/${number}`) && !this.#isTaken(`${port.protocol}/${number}`, uid)) return number;
    }
    return undefined;
  }
}

/** The fewest node ports that are kept for people to choose. */
const LEAST_RESERVED = 16;

function uidOf(service: KubeObject): string {
  return service.metadata.uid ?? '';
}

function wantsNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

function portClaim(port: PortClaim): string {
  return `${port.protocol ?? 'TCP'}/${port.nodePort}`;
}

function claimsOf({ spec }: Service): string[] {
  const { healthCheckNodePort } = spec;
  const addresses = (spec.clusterIPs ?? []).filter((address) => address !== 'None' && address !== '');
  const ports = (spec.ports ?? []).filter(({ nodePort }) => nodePort !== undefined && nodePort !== 0).map(portClaim);
  const healthCheck = healthCheckNodePort ? [`TCP/${healthCheckNodePort}`] : [];
  return [...addresses, ...ports, ...healthCheck];
}
