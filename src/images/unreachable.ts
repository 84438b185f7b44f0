/** What containerd says when no registry was there to answer: names that cannot be resolved, connections that do not come about. */
const UNREACHABLE = [
  /no such host/,
  /server misbehaving/,
  /temporary failure in name resolution/i,
  /connection refused/,
  /connection reset by peer/,
  /network is unreachable/,
  /no route to host/,
  /dial (tcp|udp)\b.*(i\/o timeout|operation was canceled|deadline exceeded)/,
  /net\/http: TLS handshake timeout/,
  /Client\.Timeout exceeded while awaiting headers/,
  /failed to do request:.*\b(i\/o timeout|EOF|context deadline exceeded)$/,
  /proxyconnect tcp/,
  /tunneling socket could not be established/,
  /\b(502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out)\b/i,
];

/** What only a registry that was reached can say; it has the last word even where an address in the text looks like the above. */
const ANSWERED =
  /\b(401 Unauthorized|403 Forbidden|404 Not Found|429 Too Many Requests)\b|: not found$|insufficient_scope|pull access denied|toomanyrequests|authorization failed|no basic auth credentials|x509:|server gave HTTP response to HTTPS client/i;

/** Whether a pull failed because no registry could be reached, and not because one said no. */
export function isUnreachable(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error);
  return !ANSWERED.test(text) && UNREACHABLE.some((pattern) => pattern.test(text));
}
