import type { TokenRequest } from '#api/generated/authentication-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { resources, type Client } from '#client';

interface Token {
  value: string;
  expiresAt: number;
  /** From here on a new one is asked for. */
  refreshAt: number;
}

/** Hands out tokens of pods' service accounts, each bound to its pod. */
export interface TokenSource {
  token(pod: Pod, audience: string, expirationSeconds: number): Promise<{ value: string; refreshAt: number }>;
  forget(podUid: string): void;
}

const DAY_MS = 24 * 3600 * 1000;
const MAX_JITTER_MS = 10_000;
const MIN_RETRY_MS = 10_000;

/** Asks the API server for tokens and keeps them until 80 % of their life, at most a day, has passed. */
export class ServiceAccountTokens implements TokenSource {
  readonly #client: Client;
  readonly #now: () => number;
  readonly #tokens = new Map<string, Map<string, Token>>();

  constructor(client: Client, now: () => number = Date.now) {
    this.#client = client;
    this.#now = now;
  }

  async token(pod: Pod, audience: string, expirationSeconds: number): Promise<{ value: string; refreshAt: number }> {
    const { uid = '' } = pod.metadata;
    let tokens = this.#tokens.get(uid);
    if (tokens === undefined) this.#tokens.set(uid, (tokens = new Map()));
    const key = `${audience}/${expirationSeconds}`;
    const known = tokens.get(key);
    if (known !== undefined && this.#now() < known.refreshAt) return known;
    try {
      const token = await this.#request(pod, audience, expirationSeconds);
      tokens.set(key, token);
      return token;
    } catch (error) {
      // The old one is still good for a while.
      if (known === undefined || this.#now() >= known.expiresAt) throw error;
      known.refreshAt = this.#now() + MIN_RETRY_MS;
      return known;
    }
  }

  forget(podUid: string): void {
    this.#tokens.delete(podUid);
  }

  async #request(pod: Pod, audience: string, expirationSeconds: number): Promise<Token> {
    const { namespace = '', name, uid } = pod.metadata;
    const account = pod.spec.serviceAccountName || 'default';
    const response = await this.#client
      .resource(resources.serviceAccounts)
      .createSubresource<TokenRequest>({ namespace, name: account }, 'token', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: {
          audiences: audience === '' ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      });
    const now = this.#now();
    const expiresAt = Date.parse(response.status.expirationTimestamp);
    const lifetime = Math.max(expiresAt - now, 0);
    const refreshAt = now + Math.min(lifetime * 0.8, DAY_MS) - Math.min(Math.random() * MAX_JITTER_MS, lifetime * 0.05);
    return { value: response.status.token, expiresAt, refreshAt };
  }
}
