import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '#api/generated/admissionregistration-v1.ts';
import { admissionEnvironment, compileConditions, type Conditions } from '../admission/expressions/index.ts';
import { ConcernIndex, criteriaOf, type Concerned, type Criteria, type Forms } from '../admission/matching/index.ts';
import type { AdmissionAttributes, ObjectReader } from '../types.ts';

/** A webhook ready to be called. */
export interface ConfiguredWebhook {
  /** Unlike the name, its own among all webhooks. */
  id: string;
  spec: MutatingWebhook | ValidatingWebhook;
  criteria: Criteria;
  conditions: Conditions | undefined;
}

export type ConcernedWebhook = Concerned<ConfiguredWebhook>;

export type WebhookResource = 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations';

const GROUP = 'admissionregistration.k8s.io';

/** The webhooks of all configurations of one sort, in their order; with an index of what concerns whom. */
export class ConfiguredWebhooks {
  readonly #reader: ObjectReader;
  readonly #forms: Forms;
  readonly #resource: WebhookResource;
  readonly #onChange: () => void;
  #webhooks: readonly ConfiguredWebhook[] | undefined;
  readonly #index = new ConcernIndex(() => this.all());

  constructor(options: { reader: ObjectReader; forms: Forms; resource: WebhookResource; onChange(): void }) {
    this.#reader = options.reader;
    this.#forms = options.forms;
    this.#resource = options.resource;
    this.#onChange = options.onChange;
    this.#reader.onChange({ group: GROUP, resource: this.#resource }, () => this.changed());
  }

  /** To be told when kinds come or go, too: they may be other versions of what a rule names. */
  changed(): void {
    this.#webhooks = undefined;
    this.#index.clear();
    this.#onChange();
  }

  /** All webhooks, in the order in which they are asked: by the names of their configurations. */
  all(): readonly ConfiguredWebhook[] {
    return (this.#webhooks ??= this.#read());
  }

  concernedBy(attributes: AdmissionAttributes): readonly ConcernedWebhook[] {
    return this.#index.concernedBy(attributes);
  }

  #read(): ConfiguredWebhook[] {
    const configurations = [...this.#reader.list({ group: GROUP, resource: this.#resource })] as (
      | MutatingWebhookConfiguration
      | ValidatingWebhookConfiguration
    )[];
    configurations.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return configurations.flatMap(({ metadata, webhooks = [] }) => webhooks.map((spec, i) => this.#compile(`${metadata.name}/${i}`, spec)));
  }

  #compile(id: string, spec: MutatingWebhook | ValidatingWebhook): ConfiguredWebhook {
    const { rules = [], matchPolicy, namespaceSelector, objectSelector, matchConditions = [] } = spec;
    const criteria = criteriaOf({ rules, matchPolicy, namespaceSelector, objectSelector }, this.#forms);
    const conditions = matchConditions.length === 0 ? undefined : compileConditions(matchConditions, admissionEnvironment());
    return { id: `${id}/${spec.name}`, spec, criteria, conditions };
  }
}
