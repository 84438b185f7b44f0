import { expect, test } from 'vitest';
import { isUnreachable } from './unreachable.ts';

const PULL =
  'failed to pull and unpack image "docker.io/library/nginx:latest": failed to resolve reference "docker.io/library/nginx:latest":';
const HEAD = `${PULL} failed to do request: Head "https://registry-1.docker.io/v2/library/nginx/manifests/latest":`;

test.each([
  `${HEAD} dial tcp: lookup registry-1.docker.io: no such host`,
  `${HEAD} dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: server misbehaving`,
  `${HEAD} dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution`,
  `${HEAD} dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: read udp 10.0.0.5:41234->10.0.0.2:53: i/o timeout`,
  `${HEAD} dial tcp 203.0.113.7:443: i/o timeout`,
  `${HEAD} dial tcp 203.0.113.7:443: connect: connection refused`,
  `${HEAD} dial tcp 203.0.113.7:443: connect: network is unreachable`,
  `${HEAD} dial tcp 203.0.113.7:443: connect: no route to host`,
  `${HEAD} net/http: TLS handshake timeout`,
  `${HEAD} EOF`,
  `${HEAD} context deadline exceeded`,
  `${HEAD} proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused`,
  `${PULL} unexpected status from HEAD request to https://registry-1.docker.io/v2/library/nginx/manifests/latest: 503 Service Unavailable`,
])('nobody answered: %s', (message) => {
  expect(isUnreachable(new Error(message))).toBe(true);
  expect(isUnreachable(new Error(`rpc error: code = Unknown desc = ${message}`))).toBe(true);
});

test.each([
  'failed to pull and unpack image "docker.io/library/nginx:1.161": failed to resolve reference "docker.io/library/nginx:1.161": docker.io/library/nginx:1.161: not found',
  'failed to pull and unpack image "localhost:5000/app:1": failed to resolve reference "localhost:5000/app:1": pulling from host localhost:5000 failed with status code [manifests 1]: 401 Unauthorized',
  `${PULL} unexpected status from HEAD request to https://registry-1.docker.io/v2/library/nginx/manifests/latest: 403 Forbidden`,
  `${PULL} unexpected status from HEAD request to https://registry-1.docker.io/v2/library/nginx/manifests/latest: 429 Too Many Requests`,
  `${PULL} pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
  `${HEAD} x509: certificate signed by unknown authority`,
  `${HEAD} http: server gave HTTP response to HTTPS client`,
  'failed to pull and unpack image: no match for platform in manifest: not found',
  'context canceled',
])('a registry answered, or it is something else: %s', (message) => {
  expect(isUnreachable(new Error(message))).toBe(false);
});
