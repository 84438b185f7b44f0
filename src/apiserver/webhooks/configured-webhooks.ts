import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '#api/generated/admissionregistration-v1.ts';
import { admissionEnvironment, compileConditions, type Conditions } from '../admission/expressions/index.ts';
import { criteriaOf, isClusterScoped, isExempt, type Criteria, type Forms, type RequestForm } from '../admission/matching/index.ts';
import type { AdmissionAttributes, ObjectReader } from '../types.ts';

/** A webhook ready to be called. */
export interface ConfiguredWebhook {
  /** Unlike the name, its own among all webhooks. */
  id: string;
  spec: MutatingWebhook | ValidatingWebhook;
  criteria: Criteria;
  conditions: Conditions | undefined;
}

/** A webhook whose rules are about a write, and the form in which it wants to see it. */
export interface Concerned {
  webhook: ConfiguredWebhook;
  form: RequestForm;
}

export type WebhookResource = 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations';

const GROUP = 'admissionregistration.k8s.io';
const NONE: readonly Concerned[] = [];
/** More kinds of writes than this are not remembered: a client that makes up resources must not fill the memory. */
const MAX_REMEMBERED = 4096;

/** The webhooks of all configurations of one sort, in their order; with an index of what concerns whom. */
export class ConfiguredWebhooks {
  readonly #reader: ObjectReader;
  readonly #forms: Forms;
  readonly #resource: WebhookResource;
  readonly #onChange: () => void;
  #webhooks: readonly ConfiguredWebhook[] | undefined;
  readonly #concerned = new Map<string, readonly Concerned[]>();

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
    this.#concerned.clear();
    this.#onChange();
  }

  /** All webhooks, in the order in which they are asked: by the names of their configurations. */
  all(): readonly ConfiguredWebhook[] {
    return (this.#webhooks ??= this.#read());
  }

  /** Those whose rules are about this write; labels and conditions are still to be looked at. */
  concernedBy(attributes: AdmissionAttributes): readonly Concerned[] {
    if (this.all().length === 0 || isExempt(attributes)) return NONE;
    const { operation, resource, subresource } = attributes;
    const key = `${operation} ${resource.group}/${resource.version}/${resource.resource}/${subresource} ${isClusterScoped(attributes)}`;
    let concerned = this.#concerned.get(key);
    if (concerned === undefined) {
      if (this.#concerned.size >= MAX_REMEMBERED) this.#concerned.clear();
      this.#concerned.set(key, (concerned = this.#find(attributes)));
    }
    return concerned;
  }

  #find(attributes: AdmissionAttributes): readonly Concerned[] {
    return this.all().flatMap((webhook) => {
      const form = webhook.criteria.formOf(attributes);
      return form === undefined ? [] : [{ webhook, form }];
    });
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
