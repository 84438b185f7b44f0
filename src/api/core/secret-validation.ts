import { fieldInvalid, fieldRequired, fieldTooLong, isConfigMapKey, root, validateImmutable, type FieldError } from '#apimachinery';
import type { Secret } from '../generated/core-v1.ts';
import { validateImmutableData } from './config-map-validation.ts';

/** All values together, in bytes. */
const MAX_SIZE = 1024 * 1024;
const DATA = root.child('data');
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';

/** Checks keys, size, and what the secret's type calls for. */
export function validateSecret(secret: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in secret.data) {
    for (const text of isConfigMapKey(key)) errors.push(fieldInvalid(DATA.key(key), key, text));
    size += Buffer.byteLength(secret.data[key] ?? '', 'base64');
  }
  if (size > MAX_SIZE) errors.push(fieldTooLong(DATA, MAX_SIZE));
  BY_TYPE[secret.type ?? '']?.(secret, errors);
  return errors;
}

/** Checks that the type stays, and everything of an immutable secret. */
export function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  return [...validateImmutable(secret.type, old.type, root.child('type')), ...validateImmutableData(secret, old, ['data'])];
}

type CheckType = (secret: Secret, errors: FieldError[]) => void;

const BY_TYPE: Readonly<Record<string, CheckType | undefined>> = {
  'kubernetes.io/service-account-token'({ metadata }, errors) {
    if (!metadata.annotations?.[ACCOUNT_NAME]) errors.push(fieldRequired(root.child('metadata', 'annotations').key(ACCOUNT_NAME)));
  },
  'kubernetes.io/dockercfg': jsonUnder('.dockercfg'),
  'kubernetes.io/dockerconfigjson': jsonUnder('.dockerconfigjson'),
  'kubernetes.io/basic-auth'({ data = {} }, errors) {
    if (data['username'] !== undefined || data['password'] !== undefined) return;
    errors.push(fieldRequired(DATA.key('username')), fieldRequired(DATA.key('password')));
  },
  'kubernetes.io/ssh-auth'({ data = {} }, errors) {
    if (!data['ssh-privatekey']) errors.push(fieldRequired(DATA.key('ssh-privatekey')));
  },
  'kubernetes.io/tls'({ data = {} }, errors) {
    for (const key of ['tls.crt', 'tls.key']) if (data[key] === undefined) errors.push(fieldRequired(DATA.key(key)));
  },
};

function jsonUnder(key: string): CheckType {
  return ({ data = {} }, errors) => {
    const value = data[key];
    if (value === undefined) {
      errors.push(fieldRequired(DATA.key(key)));
      return;
    }
    const problem = problemOfJson(Buffer.from(value, 'base64').toString('utf8'));
    if (problem !== undefined) errors.push(fieldInvalid(DATA.key(key), '<secret contents redacted>', problem));
  };
}

function problemOfJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object') return undefined;
    return `json: cannot unmarshal ${typeof value === 'boolean' ? 'bool' : typeof value} into Go value of type map[string]interface {}`;
  } catch {
    if (text.trim() === '') return 'unexpected end of JSON input';
    return `invalid character ${quoted(text.trim())} looking for beginning of value`;
  }
}

const quoted = (text: string): string => `'${text.charAt(0)}'`;
