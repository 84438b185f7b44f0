import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#api/generated/admissionregistration-v1.ts';
import { ConcernIndex, criteriaOf, type Concerned, type Criteria, type Forms } from '../admission/matching/index.ts';
import type { AdmissionAttributes, ObjectReader } from '../types.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

export interface ConfiguredBinding<B extends Binding = Binding> {
  binding: B;
  /** Absent: it is about whatever the policy is about. */
  criteria: Criteria | undefined;
}

/** A policy that somebody has bound. */
export interface ConfiguredPolicy<P extends Policy = Policy, B extends Binding = Binding> {
  policy: P;
  compiled: CompiledPolicy;
  criteria: Criteria;
  /** By name. */
  bindings: readonly ConfiguredBinding<B>[];
}

export interface PolicyKinds {
  policies: 'validatingadmissionpolicies' | 'mutatingadmissionpolicies';
  bindings: 'validatingadmissionpolicybindings' | 'mutatingadmissionpolicybindings';
}

const GROUP = 'admissionregistration.k8s.io';
const ANYTHING = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];

/** The policies of one sort that are bound, in the order of their names. */
export class ConfiguredPolicies<P extends Policy, B extends Binding> {
  readonly #reader: ObjectReader;
  readonly #forms: Forms;
  readonly #kinds: PolicyKinds;
  /** Compiled for as long as the policy's object stays the same. */
  readonly #compiled = new WeakMap<Policy, CompiledPolicy>();
  readonly #index: ConcernIndex<ConfiguredPolicy<P, B>>;
  #policies: readonly ConfiguredPolicy<P, B>[] | undefined;

  constructor(reader: ObjectReader, forms: Forms, kinds: PolicyKinds) {
    this.#reader = reader;
    this.#forms = forms;
    this.#kinds = kinds;
    this.#index = new ConcernIndex(() => (this.#policies ??= this.#read()));
    for (const resource of [kinds.policies, kinds.bindings]) reader.onChange({ group: GROUP, resource }, () => this.changed());
  }

  changed(): void {
    this.#policies = undefined;
    this.#index.clear();
  }

  concernedBy(attributes: AdmissionAttributes): readonly Concerned<ConfiguredPolicy<P, B>>[] {
    return this.#index.concernedBy(attributes);
  }

  #read(): ConfiguredPolicy<P, B>[] {
    const bindings = [...this.#reader.list({ group: GROUP, resource: this.#kinds.bindings })] as B[];
    if (bindings.length === 0) return [];
    const policies = [...this.#reader.list({ group: GROUP, resource: this.#kinds.policies })] as P[];
    return policies.sort(byName).flatMap((policy) => {
      const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name).sort(byName);
      return own.length === 0 ? [] : [this.#configure(policy, own)];
    });
  }

  #configure(policy: P, bindings: readonly B[]): ConfiguredPolicy<P, B> {
    let compiled = this.#compiled.get(policy);
    if (compiled === undefined) this.#compiled.set(policy, (compiled = compilePolicy(policy.spec)));
    return {
      policy,
      compiled,
      criteria: this.#criteria(policy.spec.matchConstraints ?? {}),
      bindings: bindings.map((binding) => {
        const { matchResources } = binding.spec;
        return { binding, criteria: matchResources === undefined ? undefined : this.#criteria(matchResources, ANYTHING) };
      }),
    };
  }

  #criteria({ resourceRules, excludeResourceRules, ...rest }: MatchResources, otherwise: typeof ANYTHING = []): Criteria {
    const rules = resourceRules === undefined || resourceRules.length === 0 ? otherwise : resourceRules;
    return criteriaOf({ ...rest, rules, excludedRules: excludeResourceRules }, this.#forms);
  }
}

function byName(a: Policy | Binding, b: Policy | Binding): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** The bindings of a policy that are about this write; none when the policy's own labels do not fit. */
export function bindingsFor<P extends Policy, B extends Binding>(
  { criteria, bindings }: ConfiguredPolicy<P, B>,
  attributes: AdmissionAttributes,
  reader: ObjectReader,
): readonly ConfiguredBinding<B>[] {
  if (!criteria.selects(attributes, reader)) return [];
  return bindings.filter(
    ({ criteria: own }) => own === undefined || (own.formOf(attributes) !== undefined && own.selects(attributes, reader)),
  );
}
