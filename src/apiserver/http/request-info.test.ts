import { expect, test } from 'vitest';
import { requestInfoOf } from './request-info.ts';

const line = (method: string, path: string, watch = false): string => {
  const { verb, group, version, namespace, resource, subresource, name, isResource } = requestInfoOf(method, path, watch);
  return isResource
    ? [verb, `${group}/${version}`, namespace, resource, name, subresource].join(' ').replaceAll(/ +$/g, '')
    : `${verb} other`;
};

test.each<[string, string, boolean, string]>([
  ['GET', '/api/v1/pods', false, 'list /v1  pods'],
  ['GET', '/api/v1/pods', true, 'watch /v1  pods'],
  ['GET', '/api/v1/namespaces/n/pods', false, 'list /v1 n pods'],
  ['GET', '/api/v1/namespaces/n/pods/p', false, 'get /v1 n pods p'],
  ['GET', '/api/v1/namespaces/n/pods/p', true, 'get /v1 n pods p'],
  ['POST', '/api/v1/namespaces/n/pods', false, 'create /v1 n pods'],
  ['PUT', '/api/v1/namespaces/n/pods/p/status', false, 'update /v1 n pods p status'],
  ['PATCH', '/apis/apps/v1/namespaces/n/deployments/d/scale', false, 'patch apps/v1 n deployments d scale'],
  ['DELETE', '/api/v1/namespaces/n/pods/p', false, 'delete /v1 n pods p'],
  ['DELETE', '/api/v1/namespaces/n/pods', false, 'deletecollection /v1 n pods'],
  ['GET', '/api/v1/namespaces/n', false, 'get /v1 n namespaces n'],
  ['PUT', '/api/v1/namespaces/n/finalize', false, 'update /v1 n namespaces n finalize'],
  ['GET', '/api/v1/watch/namespaces/n/pods', false, 'watch /v1 n pods'],
  ['GET', '/api/v1/watch/namespaces/n/pods/p', false, 'watch /v1 n pods p'],
  ['GET', '/api/v1/nodes/n/proxy/metrics/x', false, 'get /v1  nodes n proxy'],
  ['GET', '/api/v1/namespaces/n/pods/p/log/more', false, 'get /v1 n pods p log/more'],
  ['OPTIONS', '/api/v1/namespaces/n/pods', false, ' /v1 n pods'],
  ['HEAD', '/api/v1/namespaces/n/pods/p', false, 'get /v1 n pods p'],
  ['GET', '/api/v1/namespaces/a%20b/pods/%zz', false, 'get /v1 a b pods %zz'],
  ['GET', '/api/v1', false, 'get other'],
  ['GET', '/apis/apps/v1', false, 'get other'],
  ['POST', '/healthz', false, 'post other'],
])('%s %s (watch: %s) is %s', (method, path, watch, expected) => {
  expect(line(method, path, watch)).toBe(expected);
});
