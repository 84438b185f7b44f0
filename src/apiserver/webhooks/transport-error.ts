/** TLS failures as clients of Kubernetes know them. */
const TLS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'x509: certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'x509: certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'x509: certificate signed by unknown authority',
  CERT_SIGNATURE_FAILURE: 'x509: certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'x509: certificate has expired or is not yet valid',
  INVALID_PURPOSE: 'x509: certificate specifies an incompatible key usage',
};

const DIAL: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

interface SystemError extends Error {
  code?: string;
  address?: string;
  port?: number;
  hostname?: string;
  cert?: { subjectaltname?: string };
  host?: string;
}

/** What went wrong with a connection, in the words that people search for. */
export function transportText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host with several addresses fails with all of them at once.
  const failure = (error instanceof AggregateError ? (error.errors[0] ?? error) : error) as SystemError;
  const code = failure.code ?? '';
  const dial = DIAL[code];
  if (dial !== undefined && failure.address !== undefined) return `dial tcp ${hostPort(failure.address, failure.port ?? 0)}: ${dial}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${failure.hostname ?? ''}: no such host`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: ${wrongName(failure)}`;
  const tls = TLS[code];
  if (tls !== undefined) return `tls: failed to verify certificate: ${tls}`;
  if (code === 'ECONNRESET') return failure.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  if (code === 'EPROTO') return 'http: server gave HTTP response to HTTPS client';
  return failure.message;
}

export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function wrongName({ cert, host }: SystemError): string {
  const names = (cert?.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.slice(name.indexOf(':') + 1));
  return names.length === 0
    ? `x509: certificate is not valid for any names, but wanted to match ${host ?? ''}`
    : `x509: certificate is valid for ${names.join(', ')}, not ${host ?? ''}`;
}
