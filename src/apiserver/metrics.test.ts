import { expect, test } from 'vitest';
import { requestInfoOf } from './http/request-info.ts';
import { ApiServerMetrics } from './metrics.ts';

async function figures(metrics: ApiServerMetrics): Promise<string[]> {
  return (await metrics.text()).body.split('\n').filter((line) => line.startsWith('apiserver_'));
}

test('requests are counted by what they are about', async () => {
  const metrics = new ApiServerMetrics(() => true);
  for (const code of [200, 200, 404]) metrics.observe(requestInfoOf('GET', '/api/v1/namespaces/n/pods/p', false))(code);
  const running = metrics.observe(requestInfoOf('POST', '/api/v1/namespaces/n/pods', false));
  const lines = await figures(metrics);
  const labels = 'verb="GET",group="",version="v1",resource="pods",subresource=""';
  expect(lines).toContain(`apiserver_request_total{${labels},code="200"} 2`);
  expect(lines).toContain(`apiserver_request_total{${labels},code="404"} 1`);
  expect(lines).toContain(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} 3`);
  expect(lines).toContain(`apiserver_request_duration_seconds_count{${labels}} 3`);
  expect(lines).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 1');
  running(201);
  expect(await figures(metrics)).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 0');
});

test('what does not exist gets no figures of its own, however many names there are', async () => {
  const metrics = new ApiServerMetrics(() => false);
  for (let i = 0; i < 50; i++) metrics.observe(requestInfoOf('GET', `/api/v1/namespaces/n/things-${i}/x`, false))(404);
  const totals = (await figures(metrics)).filter((line) => line.startsWith('apiserver_request_total'));
  expect(totals).toEqual(['apiserver_request_total{verb="GET",group="",version="",resource="",subresource="",code="404"} 50']);
});

test('watches have no duration', async () => {
  const metrics = new ApiServerMetrics(() => true);
  metrics.observe(requestInfoOf('GET', '/api/v1/pods', true))(200);
  expect((await figures(metrics)).filter((line) => line.includes('duration'))).toEqual([]);
});
