import { openidConfiguration, openidKeys } from '../authn/index.ts';
import type { Discovery } from '../discovery/index.ts';
import { answerHealth, type HealthCheck } from '../health.ts';
import type { ApiServerMetrics } from '../metrics.ts';
import { notAllowed, unknownPath, type Registry } from '../registry/index.ts';
import { versionInfo } from '../version.ts';
import { V2_PROTOBUF, type OpenApi, type OpenApiDocument } from '../openapi/index.ts';
import type { Exchange } from './pipeline.ts';
import { respond } from './respond.ts';

export interface PlainPathsOptions {
  discovery: Discovery;
  registry: Registry;
  metrics: ApiServerMetrics;
  health: readonly HealthCheck[];
  serviceAccountKeys: readonly string[];
  issuer: string;
  openApi: OpenApi;
}

const JSON_TYPE = 'application/json';

/** Serves everything that is not a resource: discovery, health, version, metrics, OpenAPI, token issuer. Throws 404. */
export function plainPaths(options: PlainPathsOptions): (exchange: Exchange) => Promise<void> {
  const { discovery, metrics, health, issuer, serviceAccountKeys, openApi, registry } = options;
  registry.onChange(() => openApi.changed());
  const fixed: Readonly<Record<string, () => object>> = {
    '/': () => ({
      paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version'],
    }),
    '/version': () => versionInfo,
    '/.well-known/openid-configuration': () => openidConfiguration({ issuer, keys: serviceAccountKeys }),
    '/openid/v1/jwks': () => openidKeys(serviceAccountKeys),
  };
  const isKnown = (path: string): boolean =>
    fixed[path] !== undefined || path === '/metrics' || discovery.document(path, undefined) !== undefined;
  return async (exchange) => {
    const { request, response, info, query } = exchange;
    const path = info.path.length > 1 && info.path.endsWith('/') ? info.path.slice(0, -1) : info.path;
    if (request.method !== 'GET' && request.method !== 'HEAD') throw isKnown(path) ? notAllowed() : unknownPath();
    const make = fixed[path];
    if (make !== undefined) return await respond(exchange, 200, Buffer.from(JSON.stringify(make(), null, 2)), JSON_TYPE);
    if (path === '/metrics') {
      const { body, contentType } = await metrics.text();
      return await respond(exchange, 200, Buffer.from(body), contentType);
    }
    const answer = await answerHealth(health, path, query);
    if (answer !== undefined) return await respond(exchange, answer.code, Buffer.from(answer.text), 'text/plain; charset=utf-8');
    const described = await openApiDocument(openApi, path, request.headers.accept);
    const document =
      described === undefined ? discovery.document(path, request.headers.accept) : { ...described, etag: `"${described.etag}"` };
    if (document === undefined) throw unknownPath();
    const headers: Record<string, string> = { 'audit-id': exchange.auditId, etag: document.etag, vary: 'Accept' };
    // A document whose address has its own hash in it never changes.
    if (query.has('hash') && described !== undefined) headers['cache-control'] = 'public';
    if (request.headers['if-none-match'] === document.etag) {
      response.writeHead(304, headers);
      response.end();
      return;
    }
    await respond(exchange, 200, document.bytes, document.contentType, headers);
  };
}

async function openApiDocument(openApi: OpenApi, path: string, accept = ''): Promise<OpenApiDocument | undefined> {
  if (path === '/openapi/v2') return await openApi.v2(accept.includes(V2_PROTOBUF) ? 'protobuf' : 'json');
  if (path === '/openapi/v3') return openApi.v3Index();
  return path.startsWith('/openapi/v3/') ? await openApi.v3(path.slice('/openapi/v3/'.length)) : undefined;
}
