import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '#api/generated/apiextensions-v1.ts';
import { groupResource, isConflict, isNotFound, jsonEqual, objectEqual, type KubeObject } from '#apimachinery';
import { resources, type Client } from '#client';
import type { Registry, Resource } from '../registry/index.ts';
import { approvalCondition } from './approval.ts';
import type { Conversion } from '../registry/served-resource.ts';
import { SERVICE_READS, serviceResolver, WebhookClient } from '../webhooks/index.ts';
import { Cleanup } from './cleanup.ts';
import { isTrue, withCondition } from './conditions.ts';
import { webhookConversion } from './conversion/webhook-conversion.ts';
import { customDecoder } from './decoder.ts';
import { endCreation, kindOf, type CustomKind } from './kind-of.ts';
import { grantNames, type Granted } from './names.ts';
import { upgrading } from './upgrade.ts';
import type { VersionSchema } from './version-schema.ts';

export interface CustomResourcesOptions {
  registry: Registry;
  /** For what definitions say about themselves, and for the deletion of their objects. */
  client(): Client;
  log(message: string, error?: unknown): void;
  signal: AbortSignal;
}

/** What is known of one definition. */
interface Known {
  revision: number;
  definition: CustomResourceDefinition;
  granted: Granted;
  /** `spec` and `names`: what would have to change for it to be served anew. */
  served: (Pick<CustomResourceDefinition, 'spec'> & Pick<Granted, 'names'> & { resource: Resource; kind: CustomKind }) | undefined;
}

const DEFINITIONS = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };

/**
 * Serves what CustomResourceDefinitions define, from the moment that they are stored: a definition that comes, changes
 * or goes is seen before the client that wrote it has its answer.
 */
export class CustomResources {
  readonly #options: CustomResourcesOptions;
  readonly #known = new Map<string, Known>();
  readonly #reporting = new Map<string, Promise<void>>();
  readonly #cleanup: Cleanup;
  readonly #webhooks: WebhookClient;

  constructor(options: CustomResourcesOptions) {
    this.#options = options;
    this.#cleanup = new Cleanup(options);
    this.#webhooks = new WebhookClient(serviceResolver(options.registry.reader), options.signal);
  }

  /** Serves what is defined, and follows all changes from then on. */
  async start(): Promise<void> {
    const { reader } = this.#options.registry;
    await Promise.all([DEFINITIONS, ...SERVICE_READS].map((type) => reader.ready(type)));
    this.#update();
    reader.onChange(DEFINITIONS, () => this.#update());
  }

  #update(): void {
    if (this.#options.signal.aborted) return;
    const present = new Set<string>();
    const changed: CustomResourceDefinition[] = [];
    for (const object of this.#options.registry.reader.list(DEFINITIONS)) {
      const { name, resourceVersion } = object.metadata;
      present.add(name);
      if (this.#known.get(name)?.revision !== Number(resourceVersion)) changed.push(object as CustomResourceDefinition);
    }
    let hasFreed = false;
    for (const [name, known] of this.#known) {
      if (present.has(name)) continue;
      this.#known.delete(name);
      this.#withdraw(known);
      hasFreed = true;
    }
    // Who has been established keeps its names when the server starts again.
    changed.sort((a, b) => Number(isTrue(b, 'Established')) - Number(isTrue(a, 'Established')));
    for (const definition of changed) this.#take(definition);
    if (hasFreed || changed.length > 0) this.#tryRefused();
  }

  /** Names may have become free for definitions that wait for them. */
  #tryRefused(): void {
    for (const { definition, granted } of this.#known.values()) {
      if (granted.conditions.some(({ type, status }) => type === 'NamesAccepted' && status === 'False')) this.#take(definition);
    }
  }

  #take(definition: CustomResourceDefinition): void {
    const { name, resourceVersion } = definition.metadata;
    const granted = grantNames(definition, this.#namesOfOthers(definition));
    const known: Known = { revision: Number(resourceVersion), definition, granted, served: this.#known.get(name)?.served };
    this.#known.set(name, known);
    if (granted.conditions.some(({ type, status }) => type === 'Established' && status === 'True')) this.#serve(known);
    this.#report(name);
    if (definition.metadata.deletionTimestamp !== undefined) this.#end(known);
  }

  *#namesOfOthers({ metadata, spec }: CustomResourceDefinition): Iterable<CustomResourceDefinitionNames> {
    for (const { definition, granted } of this.#known.values()) {
      if (definition.metadata.name !== metadata.name && definition.spec.group === spec.group) yield granted.names;
    }
  }

  #serve(known: Known): void {
    const { definition, granted } = known;
    const { spec } = definition;
    const { names } = granted;
    if (known.served !== undefined && jsonEqual(known.served.spec, spec) && jsonEqual(known.served.names, names)) return;
    const kind = kindOf(definition, granted.names);
    if (kind === undefined) return;
    const { registry } = this.#options;
    const { group, resource } = kind.definition;
    const present = registry.resource(group, resource);
    if (present !== undefined && present !== known.served?.resource) {
      this.#options.log(`${groupResource(kind.definition)} is built in: its CustomResourceDefinition is not served`);
      return;
    }
    if (known.served !== undefined) this.#withdraw(known);
    const schemaOf = (version: string): VersionSchema => kind.schemas.get(version) as VersionSchema;
    const stored = schemaOf(kind.definition.version);
    const apiVersion = `${group}/${kind.definition.version}`;
    const conversion = this.#conversionOf(definition);
    const decoder = (_group: string, version: string, name: string) =>
      customDecoder(`${group}/${version}`, name, schemaOf(version), conversion);
    const added = registry.add(kind.definition, decoder, {
      schema: stored.merge,
      upgrade: upgrading(apiVersion, kind.definition.kind, stored, conversion),
      modernize: conversion === undefined ? undefined : async (object) => (await conversion.convert([object], apiVersion))[0] as KubeObject,
    });
    known.served = { resource: added, kind, spec, names };
  }

  #conversionOf({ spec: { conversion } }: CustomResourceDefinition): Conversion | undefined {
    if (conversion?.strategy !== 'Webhook' || conversion.webhook === undefined) return undefined;
    return webhookConversion(conversion.webhook, this.#webhooks);
  }

  /** Nothing new may be created of what is about to go. */
  #end({ definition, served }: Known): void {
    if (served !== undefined && endCreation(served.kind)) this.#options.registry.changed();
    this.#cleanup.begin(definition, served?.resource);
  }

  #withdraw(known: Known): void {
    const { served } = known;
    if (served === undefined) return;
    known.served = undefined;
    this.#options.registry.remove(served.resource.definition.group, served.resource.definition.resource);
  }

  /** Writes down what has been decided about a definition; one write at a time for each. */
  #report(name: string): void {
    const before = this.#reporting.get(name) ?? Promise.resolve();
    const next = before.then(() => this.#writeStatus(name));
    this.#reporting.set(name, next);
    void next.finally(() => {
      if (this.#reporting.get(name) === next) this.#reporting.delete(name);
    });
  }

  async #writeStatus(name: string): Promise<void> {
    const { client, log, signal } = this.#options;
    const known = this.#known.get(name);
    if (known === undefined || signal.aborted) return;
    const wanted = withDecision(known);
    if (wanted === undefined) return;
    try {
      await client().resource(resources.customResourceDefinitions).updateStatus(wanted);
    } catch (error) {
      // Whoever wrote in between has woken us again.
      if (!isConflict(error) && !isNotFound(error) && !signal.aborted) log(`the status of ${name} cannot be written`, error);
    }
  }
}

/** The definition with the decision in its status; undefined when it says so already. */
function withDecision({ definition, granted }: Known): CustomResourceDefinition | undefined {
  const { status } = definition;
  const before = status?.conditions ?? [];
  const now = new Date();
  const approval = approvalCondition(definition);
  const all = approval === undefined ? granted.conditions : [...granted.conditions, approval];
  const conditions = all.reduce((list, condition) => withCondition(list, condition, now), before as ReturnType<typeof withCondition>);
  const isSame = conditions === before && objectEqual(status?.acceptedNames, granted.names);
  if (isSame) return undefined;
  return { ...definition, status: { ...status, conditions: [...conditions], acceptedNames: granted.names } };
}
