import { cipher, type Cipher, PROVIDERS, type ProviderName } from './encryption-providers.ts';

/** What values of a resource become on their way to the store, and back. */
export interface ValueTransformer {
  toStorage(value: Buffer, key: string): Buffer;
  /** Throws when no key of the configuration fits. */
  fromStorage(stored: Buffer, key: string): Buffer;
  /** The value would be stored otherwise today: another key, or not encrypted then. */
  isStale(stored: Buffer): boolean;
}

/** An EncryptionConfiguration, made ready. */
export interface Encryption {
  /** Undefined: the resource is stored as it is, and always was. */
  transformerFor: (resource: { group: string; resource: string }) => ValueTransformer | undefined;
}

interface EncryptionConfiguration {
  apiVersion?: string;
  kind?: string;
  resources?: { resources?: string[]; providers?: Record<string, { keys?: { name?: string; secret?: string }[] } | null>[] }[];
}

/** Undefined stands for `identity`. */
type Provider = Cipher | undefined;

const ENCRYPTED = Buffer.from('k8s:enc:');

/** Reads the object that `--encryption-provider-config` names. Throws with all that is wrong with it. */
export function parseEncryptionConfiguration(configuration: unknown): Encryption {
  const { apiVersion, kind, resources = [] } = (configuration ?? {}) as EncryptionConfiguration;
  const errors: string[] = [];
  if (kind !== 'EncryptionConfiguration' || !apiVersion?.startsWith('apiserver.config.k8s.io/')) {
    errors.push('it must be an EncryptionConfiguration of apiserver.config.k8s.io/v1');
  }
  if (resources.length === 0) errors.push('resources: at least one is required');
  const rules = resources.map(({ resources: names = [], providers = [] }, index) => {
    const at = `resources[${index}]`;
    if (names.length === 0) errors.push(`${at}.resources: at least one is required`);
    if (providers.length === 0) errors.push(`${at}.providers: at least one is required`);
    const list = providers.flatMap((provider, i) => providersOf(provider, `${at}.providers[${i}]`, errors));
    return { names, transformer: transformer(list) };
  });
  if (errors.length > 0) throw new Error(`the encryption configuration is invalid: ${errors.join('; ')}`);
  return {
    transformerFor: (resource) => rules.find(({ names }) => names.some((name) => covers(name, resource)))?.transformer,
  };
}

/** `secrets`, `deployments.apps`, `*.apps` (a group), `*.` (the core group), `*.*` (everything). */
function covers(name: string, { group, resource }: { group: string; resource: string }): boolean {
  if (name === '*.*') return true;
  const dot = name.indexOf('.');
  const [wantedResource, wantedGroup] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)];
  return wantedGroup === group && (wantedResource === '*' || wantedResource === resource);
}

function providersOf(
  provider: Record<string, { keys?: { name?: string; secret?: string }[] } | null>,
  at: string,
  errors: string[],
): Provider[] {
  const names = Object.keys(provider);
  const [name = ''] = names;
  if (names.length !== 1) errors.push(`${at}: exactly one provider is required`);
  if (name === 'identity') return [undefined];
  if (!Object.hasOwn(PROVIDERS, name)) {
    errors.push(`${at}: ${JSON.stringify(name)} is not supported (aescbc, aesgcm, secretbox, identity are)`);
    return [];
  }
  const keys = provider[name]?.keys ?? [];
  if (keys.length === 0) errors.push(`${at}.${name}.keys: at least one is required`);
  return keys.flatMap((key, index) => keyOf(name as ProviderName, key, `${at}.${name}.keys[${index}]`, errors));
}

function keyOf(provider: ProviderName, { name, secret }: { name?: string; secret?: string }, at: string, errors: string[]): Provider[] {
  const bytes = Buffer.from(secret ?? '', 'base64');
  const { lengths } = PROVIDERS[provider];
  if (!name || name.includes(':')) errors.push(`${at}.name: a name without colons is required`);
  if (!lengths.includes(bytes.length)) {
    errors.push(`${at}.secret: ${bytes.length} bytes in base64, expected ${lengths.join(', ')}`);
    return [];
  }
  return [cipher(provider, name ?? '', bytes)];
}

/** The first provider writes; whichever one's prefix a value bears reads it. */
function transformer(providers: readonly Provider[]): ValueTransformer {
  const prefixes = providers.map((provider) => Buffer.from(provider?.prefix ?? ''));
  const indexOf = (stored: Buffer) => {
    if (!startsWith(stored, ENCRYPTED)) return providers.indexOf(undefined);
    return prefixes.findIndex((prefix) => prefix.length > 0 && startsWith(stored, prefix));
  };
  const [first] = providers;
  return {
    toStorage: (value, key) => (first ? Buffer.concat([prefixes[0] as Buffer, first.encrypt(value, key)]) : value),
    fromStorage: (stored, key) => decrypt(providers, prefixes, indexOf(stored), stored, key),
    isStale: (stored) => indexOf(stored) !== 0,
  };
}

function decrypt(providers: readonly Provider[], prefixes: readonly Buffer[], index: number, stored: Buffer, key: string): Buffer {
  if (index < 0) throw new Error(`no matching prefix found: none of the configured providers can read ${key}`);
  const provider = providers[index];
  if (provider === undefined) return stored;
  // Keys may share a name after a rotation that kept it: each of them is tried.
  const same = providers.filter((other) => other?.prefix === provider.prefix) as Cipher[];
  const sealed = stored.subarray((prefixes[index] as Buffer).length);
  for (const candidate of same.slice(0, -1)) {
    try {
      return candidate.decrypt(sealed, key);
    } catch {
      continue;
    }
  }
  return (same.at(-1) as Cipher).decrypt(sealed, key);
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
