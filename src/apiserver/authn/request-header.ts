import type { Authenticator, Credentials } from '../types.ts';
import { certificateVerifier } from './x509.ts';

export interface RequestHeaderOptions {
  /** CA bundle (PEM) of the proxies that may speak for others. */
  ca: string;
  /** Common names that the proxy may have; empty: any. */
  allowedNames: readonly string[];
}

const EXTRA = 'x-remote-extra-';

/** Users that a front proxy has authenticated: `X-Remote-User` and its companions, believed only from its own certificate. */
export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const verify = certificateVerifier(options.ca);
  const known = new WeakMap<object, number>();
  const isProxy = (certificate: NonNullable<Credentials['certificate']>): boolean => {
    let validUntil = known.get(certificate);
    if (validUntil === undefined) {
      const named = options.allowedNames.length === 0 || options.allowedNames.includes(certificate.subject.CN ?? '');
      known.set(certificate, (validUntil = (named ? verify(certificate.raw) : undefined) ?? 0));
    }
    return validUntil > Date.now();
  };
  return ({ headers, certificate }) => {
    const name = headerValues(headers['x-remote-user'])[0];
    if (name === undefined || name === '' || certificate === undefined || !isProxy(certificate)) return undefined;
    const uid = headerValues(headers['x-remote-uid'])[0];
    return {
      name,
      ...(uid === undefined ? {} : { uid }),
      groups: headerValues(headers['x-remote-group']),
      extra: extraHeaders(headers, EXTRA),
    };
  };
}

/** The values of a header that may come several times. */
export function headerValues(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : [...value];
}

/** `<prefix>key: value` headers by key; keys are percent-encoded on the wire. */
export function extraHeaders(headers: Credentials['headers'], prefix: string): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const name in headers) {
    if (!name.startsWith(prefix)) continue;
    const key = decodeKey(name.slice(prefix.length));
    extra[key] = [...(extra[key] ?? []), ...headerValues(headers[name])];
  }
  return extra;
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded).toLowerCase();
  } catch {
    // Not percent-encoded after all: the key is what it looks like.
    return encoded;
  }
}
