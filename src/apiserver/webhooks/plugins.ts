import type { MutatingWebhook } from '#api/generated/admissionregistration-v1.ts';
import { applyJsonPatch, clone, decodeJsonPatch, internalError, objectEqual, type KubeObject } from '#apimachinery';
import { show, showable, takeOver, type Forms } from '../admission/matching/index.ts';
import type { AdmissionAttributes, AdmissionPlugin, Authorizer, ObjectReader } from '../types.ts';
import { callWebhook, isWanted, type Calling } from './call-webhook.ts';
import { ConfiguredWebhooks, type ConcernedWebhook } from './configured-webhooks.ts';
import { SERVICE_READS, serviceResolver } from './service-address.ts';
import { WebhookClient } from './webhook-client.ts';

export interface WebhookPluginOptions {
  reader: ObjectReader;
  authorize: Authorizer;
  forms: Forms;
  /** Calls back whenever kinds are added or removed. */
  onKindsChange(callback: () => void): void;
  /** Aborts when the server stops. */
  signal: AbortSignal;
}

const GROUP = 'admissionregistration.k8s.io';

/** What must be in memory before writes are let through: a webhook that is not known yet would not be asked. */
export const WEBHOOK_READS: readonly { group: string; resource: string }[] = [
  { group: GROUP, resource: 'mutatingwebhookconfigurations' },
  { group: GROUP, resource: 'validatingwebhookconfigurations' },
  ...SERVICE_READS,
];

/** The plugins that ask webhooks about writes; they cost nothing while none is configured. */
export function webhookPlugins(options: WebhookPluginOptions): AdmissionPlugin[] {
  const { reader, forms, onKindsChange, signal } = options;
  const client = new WebhookClient(serviceResolver(reader), signal);
  const retain = (): void => client.retain([...mutating.all(), ...validating.all()].map(({ spec }) => spec.clientConfig));
  const mutating = new ConfiguredWebhooks({ reader, forms, resource: 'mutatingwebhookconfigurations', onChange: retain });
  const validating = new ConfiguredWebhooks({ reader, forms, resource: 'validatingwebhookconfigurations', onChange: retain });
  onKindsChange(() => {
    mutating.changed();
    validating.changed();
  });
  const calling = (attributes: AdmissionAttributes, isMutating: boolean): Calling => ({
    ...options,
    client,
    own: forms.own(attributes),
    isMutating,
  });
  return [
    {
      name: 'MutatingAdmissionWebhook',
      handles: (attributes) => mutating.concernedBy(attributes).length > 0,
      admit: (attributes) => askMutating(mutating.concernedBy(attributes), attributes, calling(attributes, true)),
    },
    {
      name: 'ValidatingAdmissionWebhook',
      handles: (attributes) => validating.concernedBy(attributes).length > 0,
      validate: (attributes) => askValidating(validating.concernedBy(attributes), attributes, calling(attributes, false)),
    },
  ];
}

/** All at once; the first refusal, in the webhooks' order, is the answer. */
async function askValidating(all: readonly ConcernedWebhook[], attributes: AdmissionAttributes, calling: Calling): Promise<void> {
  const wanted: ConcernedWebhook[] = [];
  for (const concerned of all) if (await isWanted(concerned, attributes, calling)) wanted.push(concerned);
  const answers = await Promise.allSettled(wanted.map((concerned) => callWebhook(concerned, attributes, calling)));
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
}

/** What of one write must be known when its plugins are asked a second time. */
interface FirstRound {
  /** As the webhooks left it. */
  output: KubeObject | undefined;
  /** Those that have been asked and want to be asked again. */
  asked: Set<string>;
  /** Those of them after whose turn the object was changed. */
  due: Set<string>;
}

const rounds = new WeakMap<AdmissionAttributes, FirstRound>();

/** One after the other, each with what the one before made of the object. */
async function askMutating(all: readonly ConcernedWebhook[], attributes: AdmissionAttributes, calling: Calling): Promise<void> {
  const before = rounds.get(attributes);
  const round: FirstRound = before ?? { output: undefined, asked: new Set(), due: new Set() };
  rounds.set(attributes, round);
  // Plugins of the server have changed it since.
  if (before !== undefined && !objectEqual(before.output, attributes.object)) makeDue(round);
  for (const concerned of all) {
    const { id, spec } = concerned.by;
    if (attributes.isSecondRound === true && !round.due.has(id)) continue;
    if (!(await isWanted(concerned, attributes, calling))) continue;
    const response = await callWebhook(concerned, attributes, calling);
    if (response?.patch !== undefined && (await change(concerned, attributes, response.patch, response.patchType))) {
      makeDue(round);
      attributes.needsSecondRound = true;
    }
    if ((spec as MutatingWebhook).reinvocationPolicy === 'IfNeeded') round.asked.add(id);
  }
  round.output = attributes.object === undefined ? undefined : clone(attributes.object);
}

function makeDue(round: FirstRound): void {
  for (const id of round.asked) round.due.add(id);
  round.asked.clear();
}

/** Applies a webhook's patch; true when it changed something. Throws 500 for a patch that cannot be applied. */
async function change(
  { by: webhook, form }: ConcernedWebhook,
  attributes: AdmissionAttributes,
  patch: string,
  patchType = '',
): Promise<boolean> {
  const seen = await showable(form, attributes);
  const shown = show(form, seen, seen.object);
  if (patch === '' || shown === undefined) return false;
  if (patchType !== 'JSONPatch') throw internalError(`unsupported patch type indicated ${JSON.stringify(patchType)}`);
  let changed: KubeObject;
  try {
    changed = applyJsonPatch(shown, decodeJsonPatch(JSON.parse(Buffer.from(patch, 'base64').toString())));
    if (objectEqual(changed, shown)) return false;
    await takeOver(form, attributes, changed);
  } catch (error) {
    throw internalError(`webhook ${webhook.spec.name}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  return true;
}
