import { expect, test } from 'vitest';
import type { Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import { ProxyHealth, ServiceHealth } from './index.ts';

test('a proxy is healthy until a change has waited for a minute', () => {
  let now = 0;
  const health = new ProxyHealth(
    () => true,
    () => now,
  );
  expect(health.healthz().code).toBe(200);
  health.changed();
  now = 59_000;
  expect(health.livez().code).toBe(200);
  now = 61_000;
  expect(health.livez()).toEqual({ code: 503, body: { lastUpdated: '1970-01-01T00:00:00.000Z', currentTime: '1970-01-01T00:01:01.000Z' } });
  health.updated(now);
  expect(health.livez().code).toBe(200);
});

test('a change that came during a sync still waits after it', () => {
  let now = 1000;
  const health = new ProxyHealth(
    () => true,
    () => now,
  );
  health.changed();
  const began = (now = 2000);
  now = 3000;
  health.changed();
  health.updated(began);
  now = 64_000;
  expect(health.isHealthy).toBe(false);
});

test('a node that is going away wants no traffic, though its proxy is alive', () => {
  const health = new ProxyHealth(
    () => false,
    () => 0,
  );
  expect(health.healthz()).toMatchObject({ code: 503, body: { nodeEligible: false } });
  expect(health.livez().code).toBe(200);
});

function balanced(healthCheckNodePort: number): Service {
  return {
    metadata: { namespace: 'default', name: 'web' },
    spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort },
    status: { loadBalancer: {} },
  };
}

function slice(...nodes: string[]): EndpointSlice {
  const endpoints = nodes.map((nodeName, index) => ({ addresses: [`10.244.0.${index}`], nodeName, conditions: {} }));
  return { metadata: { name: 'web-1' }, addressType: 'IPv4', endpoints, ports: [] };
}

test('a health check node port tells how many endpoints the node has', async () => {
  const { createServer } = await import('node:net');
  const free = createServer().listen(0);
  const port = (free.address() as { port: number }).port;
  await new Promise((resolve) => void free.close(resolve));
  const logged: string[] = [];
  const checks = new ServiceHealth({ nodeName: 'this', isProxyHealthy: () => true, log: (message) => logged.push(message) });
  const ask = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/`);

  checks.set('default/web', balanced(port), [slice('this', 'other', 'this')]);
  await expect.poll(async () => (await ask()).status).toBe(200);
  const answer = await ask();
  expect(answer.headers.get('X-Load-Balancing-Endpoint-Weight')).toBe('2');
  expect(await answer.json()).toEqual({ service: { namespace: 'default', name: 'web' }, localEndpoints: 2, serviceProxyHealthy: true });

  checks.set('default/web', balanced(port), [slice('other')]);
  expect((await ask()).status).toBe(503);
  checks.set('default/web', undefined, []);
  expect(checks.ports).toEqual([]);
  await checks.close();
  await expect(ask()).rejects.toThrow('fetch failed');
  expect(logged).toEqual([]);
});
