import type { Duplex } from 'node:stream';
import { allKinds } from '#api';
import { KUBERNETES_VERSION, serviceUnavailable } from '#apimachinery';
import { resources, type Client } from '#client';
import { aggregatedClient, Aggregation, AGGREGATION_READS } from './aggregation/index.ts';
import { auditLog, createAudit, readAuditPolicy, type Audit, type AuditSink } from './audit/index.ts';
import { ADMISSION_READS, admitConnect, createAdmission, formsOf, type AdmissionChain } from './admission/index.ts';
import { AUTHENTICATION_READS, createAuthentication, impersonate, tokenIssuer, DEFAULT_ISSUER } from './authn/index.ts';
import { AUTHORIZATION_READS, createAuthorization, escalationPlugin, forbiddenMessage } from './authz/index.ts';
import { bootstrap } from './bootstrap/index.ts';
import { CustomResources, definitionHooks } from './custom-resources/index.ts';
import { Discovery } from './discovery/index.ts';
import { FLOW_CONTROL_READS, FlowConfiguration, FlowControl } from './flow-control/index.ts';
import { InFlight, READING_DEFAULT, MUTATING_DEFAULT } from './http/in-flight.ts';
import { plainPaths } from './http/plain-paths.ts';
import { Pipeline, type Exchange, type PipelineOptions, type UpgradeExchange } from './http/pipeline.ts';
import { handleResource, handleWatchUpgrade, type ResourceHandlerOptions } from './http/resource-handler.ts';
import { listenHttps, type ListeningServer } from './http/server.ts';
import type { HealthCheck } from './health.ts';
import { inProcessClient } from './in-process/index.ts';
import { ApiServerMetrics } from './metrics.ts';
import { describedKind } from './described-kind.ts';
import { OpenApi } from './openapi/index.ts';
import type { ApiServerOptions } from './options.ts';
import { observePolicies, POLICY_READS, policyPlugins, type PolicyOptions } from './policies/index.ts';
import { protobuf } from './protobuf.ts';
import { componentStatuses, type Component } from './registry/component-statuses.ts';
import { hasSubresource, hooksFor, namespaceHooks, Operations, Registry, type Resource, unknownPath } from './registry/index.ts';
import { describedDecoder, describedPatcher } from './registry/schema-codec.ts';
import { ServiceAllocation } from './registry/services/allocation.ts';
import { virtualResources } from './registry/virtual.ts';
import type { ConnectHandler } from './streams/types.ts';
import type { RequestInfo, UserInfo } from './types.ts';
import { WEBHOOK_READS, webhookPlugins, type WebhookPluginOptions } from './webhooks/index.ts';

/** A running API server. */
export interface ApiServer {
  /** The port it listens on. */
  port: number;
  /** A client for a component in this process, acting as `user`. */
  client(user: UserInfo, manager: string): Client;
  /** Ends all requests and watches and frees the port. The store is left open. */
  close(): Promise<void>;
}

/**
 * Starts the API server: caches that requests depend on, default objects, then the HTTPS door. Rejects when the port is
 * taken or the store cannot be read; nothing is left running then.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const stopping = new AbortController();
  try {
    const server = new Running(options, stopping.signal);
    await server.start();
    return { port: server.port, client: (user, manager) => server.client(user, manager), close: () => server.close(stopping) };
  } catch (error) {
    stopping.abort();
    throw error;
  }
}

/** What authentication, authorization and admission look at without a request: in memory before the first one comes. */
const READ_BY_THE_SERVER = [
  ...AUTHENTICATION_READS,
  ...AUTHORIZATION_READS,
  ...ADMISSION_READS,
  ...WEBHOOK_READS,
  ...POLICY_READS,
  ...AGGREGATION_READS,
  ...FLOW_CONTROL_READS,
];

class Running {
  readonly #options: ApiServerOptions;
  readonly #signal: AbortSignal;
  readonly #registry: Registry;
  readonly #operations: Operations;
  readonly #discovery: Discovery;
  readonly #aggregation: Aggregation;
  readonly #pipeline: Pipeline;
  readonly #metrics = new ApiServerMetrics((info) => this.#isServed(info));
  readonly #authorization: ReturnType<typeof createAuthorization>;
  readonly #resources: ResourceHandlerOptions;
  readonly #plain: ReturnType<typeof plainPaths>;
  readonly #connect: ConnectHandler;
  readonly #customResources: CustomResources;
  #flowConfiguration: FlowConfiguration | undefined;
  #listening: ListeningServer | undefined;
  #audit: Audit | undefined;
  #auditSink: AuditSink | undefined;
  #isReady = false;

  constructor(options: ApiServerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    const { pki } = options;
    const allocation = new ServiceAllocation({ cidr: options.serviceCidr, nodePorts: options.nodePorts });
    // The plugins read what the registry has, and the registry asks the plugins: the chain is put in place last.
    let admission: AdmissionChain | undefined;
    this.#registry = new Registry({
      store: options.store,
      definitions: allKinds,
      decoder: describedDecoder,
      admission: { admit: (attributes) => admission?.admit(attributes), validate: (attributes) => admission?.validate(attributes) },
      hooks: hooksFor({
        namespaces: namespaceHooks,
        services: allocation.hooks,
        'customresourcedefinitions.apiextensions.k8s.io': definitionHooks,
      }),
      signal,
      onRestart: (resource, error) => options.log(`the watch cache of ${resource} starts over`, error),
    });
    const { reader } = this.#registry;
    allocation.attach(this.#registry.resource('', 'services') as Resource);
    this.#authorization = createAuthorization({ reader });
    admission = createAdmission({
      reader,
      authorize: this.#authorization.authorize,
      updateQuotaStatus: (quota) => this.#system().resource(resources.resourceQuotas).updateStatus(quota),
      additional: [escalationPlugin(this.#authorization), ...webhookPlugins(this.#extension()), ...policyPlugins(this.#extension())],
    });
    const authentication = createAuthentication({
      clientCa: pki.clientCa,
      requestHeader: pki.requestHeader,
      serviceAccounts: { keys: pki.serviceAccountKeys, issuers: [DEFAULT_ISSUER] },
      reader,
    });
    const tokens = tokenIssuer({
      key: pki.serviceAccountSigningKey,
      issuer: DEFAULT_ISSUER,
      apiAudiences: authentication.apiAudiences,
      reader,
    });
    this.#operations = new Operations({
      registry: this.#registry,
      patcher: describedPatcher,
      virtual: virtualResources({ authentication, authorization: this.#authorization, tokens }),
      computed: { componentstatuses: () => componentStatuses(this.#components()) },
    });
    this.#resources = { operations: this.#operations, protobuf };
    this.#aggregation = new Aggregation({ registry: this.#registry, pki, log: options.log, signal });
    this.#discovery = new Discovery(this.#registry, () => `${options.advertiseAddress}:${this.port}`, this.#aggregation);
    this.#connect = options.connect(this.#registry);
    const openApi = new OpenApi({
      kinds: () => [...this.#registry.allServed()].map(describedKind),
      version: KUBERNETES_VERSION,
      elsewhere: () => this.#aggregation.openApiPaths(),
    });
    this.#registry.onChange(() => openApi.changed());
    this.#customResources = new CustomResources({ registry: this.#registry, client: () => this.#system(), log: options.log, signal });
    this.#plain = plainPaths({
      discovery: this.#discovery,
      registry: this.#registry,
      metrics: this.#metrics,
      health: this.#healthChecks(),
      serviceAccountKeys: pki.serviceAccountKeys,
      issuer: DEFAULT_ISSUER,
      openApi,
    });
    this.#pipeline = new Pipeline({
      authenticate: authentication.authenticate,
      impersonate,
      authorize: this.#authorization.authorize,
      forbiddenMessage,
      handle: (exchange) => this.#handle(exchange),
      upgrade: (exchange, socket, head) => this.#upgrade(exchange, socket, head),
      observe: (info) => this.#metrics.observe(info),
      audit: (request) => this.#audit?.(request),
      enter: this.#gate(),
      timeout: options.requests?.timeout,
      report: (error) => options.log('a request failed', error),
      signal,
    });
  }

  /** Lets requests in by priority and fairness, or else as many as there may be. */
  #gate(): PipelineOptions['enter'] {
    const { requests = {}, log } = this.#options;
    if (requests.fairness === false) {
      const inFlight = new InFlight(requests);
      return ({ info, user }) => inFlight.enter(info, user);
    }
    const { reading = READING_DEFAULT, mutating = MUTATING_DEFAULT } = requests;
    const countOf = ({ group, version, resource }: RequestInfo): number =>
      this.#registry.served(group, version, resource)?.resource.cache.size ?? 0;
    const flowControl = new FlowControl({ total: reading + mutating, countOf });
    this.#metrics.add(() => flowControl.metrics());
    const { reader } = this.#registry;
    this.#flowConfiguration = new FlowConfiguration({ flowControl, reader, client: () => this.#system(), log, signal: this.#signal });
    return (arrival) => flowControl.enter(arrival);
  }

  /** What webhooks and policies need of the server. */
  #extension(): WebhookPluginOptions & PolicyOptions {
    return {
      registry: this.#registry,
      reader: this.#registry.reader,
      authorize: this.#authorization.authorize,
      forms: formsOf(this.#registry),
      onKindsChange: (callback) => this.#registry.onChange(callback),
      signal: this.#signal,
    };
  }

  get port(): number {
    return this.#listening?.port ?? this.#options.port;
  }

  async start(): Promise<void> {
    await this.#openAudit();
    await Promise.all(READ_BY_THE_SERVER.map((type) => this.#registry.reader.ready(type)));
    this.#flowConfiguration?.follow();
    await this.#customResources.start();
    const { host, port, pki } = this.#options;
    this.#listening = await listenHttps({
      host,
      port,
      cert: pki.serverCertificate,
      key: pki.serverKey,
      clientCa: [pki.clientCa, ...(pki.requestHeader === undefined ? [] : [pki.requestHeader.ca])],
      onRequest: (request, response) => void this.#pipeline.serve(request, response),
      onUpgrade: (request, socket, head) => void this.#pipeline.serveUpgrade(request, socket, head),
    });
    try {
      await Promise.all([bootstrap(this.#system(), { ...this.#options, port: this.port }), this.#flowConfiguration?.start()]);
    } catch (error) {
      await this.#listening.close();
      throw error;
    }
    this.#aggregation.start(this.#system());
    observePolicies(this.#registry.reader, this.#system(), (error) =>
      this.#options.log('the status of a policy could not be written', error),
    );
    this.#isReady = true;
  }

  async #openAudit(): Promise<void> {
    const { audit, log } = this.#options;
    if (audit === undefined) return;
    const policy = await readAuditPolicy(audit.policyFile);
    this.#auditSink = auditLog(audit.logPath, (error) => log(`the audit log ${audit.logPath} cannot be written`, error));
    this.#audit = createAudit(policy, this.#auditSink);
  }

  #isServed(info: RequestInfo): boolean {
    const served = this.#registry.served(info.group, info.version, info.resource);
    return served !== undefined && (info.subresource === '' || hasSubresource(served, info.subresource));
  }

  #components(): Component[] {
    const etcd = { name: 'etcd-0', check: async () => void (await this.#options.store.revision()) };
    return [etcd, ...(this.#options.components ?? [])];
  }

  /** For what the server itself writes. */
  #system(): Client {
    return this.client({ name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }, 'kube-apiserver');
  }

  client(user: UserInfo, manager: string): Client {
    const local = inProcessClient({
      operations: this.#operations,
      authorize: this.#authorization.authorize,
      user,
      manager,
      raw: async (method, path, _body) => this.#raw(method, path),
      signal: this.#signal,
    });
    const { pki, host } = this.#options;
    const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
    const url = (): string => `https://${address}:${this.port}`;
    return aggregatedClient(local, { aggregation: this.#aggregation, pki, user, manager, url, signal: this.#signal });
  }

  async close(stopping: AbortController): Promise<void> {
    this.#isReady = false;
    stopping.abort();
    await this.#listening?.close();
    await this.#auditSink?.close();
  }

  /** Paths that components read besides resources: discovery. */
  #raw(method: string, path: string): Promise<unknown> {
    const document = method === 'GET' ? this.#discovery.document(path, undefined) : undefined;
    if (document === undefined) return Promise.reject(unknownPath());
    return Promise.resolve(JSON.parse(document.bytes.toString()));
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { info } = exchange;
    const elsewhere = this.#aggregation.find(info);
    if (elsewhere !== undefined) return await this.#aggregation.serve(exchange, elsewhere);
    if (!info.isResource) return await this.#plain(exchange);
    if (info.subresource !== '' && this.#connect.handles(info)) {
      this.#operations.find(exchange.registryRequest);
      await admitConnect(this.#registry.admission, exchange.registryRequest, exchange.query);
      return await this.#connect.serve(exchange);
    }
    return await handleResource(exchange, this.#resources);
  }

  async #upgrade(exchange: UpgradeExchange, socket: Duplex, head: Buffer): Promise<void> {
    const { info } = exchange;
    const elsewhere = this.#aggregation.find(info);
    if (elsewhere !== undefined) return await this.#aggregation.upgrade(exchange, socket, head, elsewhere);
    if (!info.isResource) throw unknownPath();
    if (info.subresource === '') return await handleWatchUpgrade(exchange, socket, head, this.#resources);
    if (!this.#connect.handles(info)) throw unknownPath();
    await admitConnect(this.#registry.admission, exchange.registryRequest, exchange.query);
    await this.#connect.upgrade(exchange, socket, head);
  }

  #healthChecks(): HealthCheck[] {
    return [
      { name: 'ping', live: true, check: () => undefined },
      { name: 'log', live: true, check: () => undefined },
      { name: 'etcd', live: true, check: async () => void (await this.#options.store.revision()) },
      {
        name: 'poststarthook/bootstrap',
        live: false,
        check: () => {
          if (!this.#isReady) throw serviceUnavailable('starting');
        },
      },
      {
        name: 'shutdown',
        live: false,
        check: () => {
          if (this.#signal.aborted) throw serviceUnavailable('stopping');
        },
      },
    ];
  }
}
