import type { APIService } from '#api/generated/apiregistration-v1.ts';
import type { ObjectReader } from '../types.ts';

const API_SERVICES = { group: 'apiregistration.k8s.io', resource: 'apiservices' };

/** The APIServices by what they serve. */
export class ApiServices {
  readonly #reader: ObjectReader;
  #remote: ReadonlyMap<string, APIService> | undefined;
  #groups: ReadonlyMap<string, number> | undefined;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.onChange(() => {
      this.#remote = undefined;
      this.#groups = undefined;
    });
  }

  onChange(callback: () => void): void {
    this.#reader.onChange(API_SERVICES, callback);
  }

  all(): APIService[] {
    return [...this.#reader.list(API_SERVICES)] as APIService[];
  }

  get(name: string): APIService | undefined {
    return this.#reader.get(API_SERVICES, '', name) as APIService | undefined;
  }

  /** Those that other servers serve, by `group/version`. */
  remote(): ReadonlyMap<string, APIService> {
    return (this.#remote ??= new Map(
      this.all()
        .filter(({ spec }) => spec.service !== undefined)
        .map((service) => [`${service.spec.group}/${service.spec.version}`, service]),
    ));
  }

  /** The priority of a group is the highest that one of its versions asks for. */
  groupPriority(group: string): number | undefined {
    if (this.#groups === undefined) {
      const groups = new Map<string, number>();
      for (const { spec } of this.all()) {
        const name = spec.group ?? '';
        groups.set(name, Math.max(groups.get(name) ?? 0, spec.groupPriorityMinimum));
      }
      this.#groups = groups;
    }
    return this.#groups.get(group);
  }
}
