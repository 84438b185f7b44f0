import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { createHash } from 'node:crypto';
import type { SubjectAccessReview } from '#api/generated/authorization-v1.ts';
import type { TokenReview } from '#api/generated/authentication-v1.ts';
import type { Client, ResourceType } from '#client';

const TOKEN_REVIEWS: ResourceType<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
};
const SUBJECT_ACCESS_REVIEWS: ResourceType<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

interface User {
  name: string;
  groups: string[];
  uid?: string;
}

export type Access = { allowed: true } | { allowed: false; code: 401 | 403; message: string };

const ALLOWED_MS = 300_000;
const DENIED_MS = 30_000;
const TOKEN_MS = 120_000;
const MAX_REMEMBERED = 1000;

const VERBS: Record<string, string> = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** Which subresources of the node a path stands for; any one of them that is granted opens it. */
function nodeSubresources(path: string): string[] {
  const under = (prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`);
  if (under('/stats')) return ['stats'];
  if (under('/metrics')) return ['metrics'];
  if (under('/logs')) return ['log'];
  if (under('/healthz')) return ['healthz', 'proxy'];
  if (under('/pods') || under('/runningpods')) return ['pods', 'proxy'];
  if (under('/configz')) return ['configz', 'proxy'];
  return ['proxy'];
}

class Remembered<T> {
  readonly #entries = new Map<string, { value: T; until: number }>();

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > Date.now() ? entry.value : undefined;
  }

  set(key: string, value: T, milliseconds: number): void {
    if (this.#entries.size >= MAX_REMEMBERED) this.#entries.clear();
    this.#entries.set(key, { value, until: Date.now() + milliseconds });
  }
}

/** Asks the API server who may do what with this node; answers are remembered for a while. */
export class KubeletAuthorization {
  readonly #client: Client;
  readonly #nodeName: string;
  readonly #anonymous: boolean;
  readonly #tokens = new Remembered<User>();
  readonly #decisions = new Remembered<boolean>();

  constructor(client: Client, nodeName: string, anonymous: boolean) {
    this.#client = client;
    this.#nodeName = nodeName;
    this.#anonymous = anonymous;
  }

  async check(request: IncomingMessage, path: string): Promise<Access> {
    const user = await this.#authenticate(request);
    if (user === undefined) return { allowed: false, code: 401, message: 'Unauthorized' };
    const verb = VERBS[request.method ?? 'GET'] ?? 'get';
    const subresources = nodeSubresources(path);
    for (const subresource of subresources) if (await this.#mayDo(user, verb, subresource)) return { allowed: true };
    const message = `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])`;
    return { allowed: false, code: 403, message };
  }

  async #authenticate(request: IncomingMessage): Promise<User | undefined> {
    const socket = request.socket as TLSSocket;
    if (socket.authorized) {
      const { subject } = socket.getPeerCertificate();
      const groups = subject?.O === undefined ? [] : [subject.O].flat();
      if (subject?.CN) return { name: [subject.CN].flat()[0] ?? '', groups: [...groups, 'system:authenticated'] };
    }
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token !== undefined) return this.#review(token);
    return this.#anonymous ? { name: 'system:anonymous', groups: ['system:unauthenticated'] } : undefined;
  }

  async #review(token: string): Promise<User | undefined> {
    const key = createHash('sha256').update(token).digest('hex');
    const known = this.#tokens.get(key);
    if (known !== undefined) return known;
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' }, spec: { token } } as TokenReview;
    const { status } = await this.#client.resource(TOKEN_REVIEWS).create(review);
    if (status?.authenticated !== true) return undefined;
    const user = { name: status.user.username ?? '', uid: status.user.uid, groups: status.user.groups ?? [] };
    this.#tokens.set(key, user, TOKEN_MS);
    return user;
  }

  async #mayDo(user: User, verb: string, subresource: string): Promise<boolean> {
    const key = JSON.stringify([user, verb, subresource]);
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const resourceAttributes = { verb, group: '', version: 'v1', resource: 'nodes', subresource, name: this.#nodeName };
    const spec = { user: user.name, groups: user.groups, uid: user.uid, resourceAttributes };
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: { name: '' },
      spec,
    } as SubjectAccessReview;
    const { status } = await this.#client.resource(SUBJECT_ACCESS_REVIEWS).create(review);
    const allowed = status?.allowed;
    this.#decisions.set(key, allowed, allowed ? ALLOWED_MS : DENIED_MS);
    return allowed;
  }
}
