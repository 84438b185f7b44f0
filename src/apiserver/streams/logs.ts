import { fieldInvalid, invalid, type FieldError } from '#apimachinery';
import type { Exchange } from '../http/pipeline.ts';
import type { Registry } from '../registry/index.ts';
import { containerOf, findPod, kubeletUrl, nodeOf } from './node-location.ts';
import { forward } from './proxy-response.ts';
import type { NodeTls } from './types.ts';

const PASSED = ['follow', 'previous', 'timestamps', 'sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes', 'stream'];

/** `kubectl logs`: what a container has written, from the kubelet of its node. */
export async function serveLogs({ request, response, query, info }: Exchange, registry: Registry, tls: NodeTls): Promise<void> {
  checkLogOptions(info.name, query);
  const pod = await findPod(registry, info);
  const container = containerOf(pod, query.get('container'));
  const url = await kubeletUrl(registry, nodeOf(pod));
  url.pathname = `/containerLogs/${info.namespace}/${info.name}/${container}`;
  for (const name of PASSED) {
    const value = query.get(name);
    if (value !== null && value !== '') url.searchParams.set(name, value);
  }
  await forward(request, response, url, { ...tls, withBody: false });
}

function checkLogOptions(name: string, query: URLSearchParams): void {
  const errors: FieldError[] = [];
  const check = (field: string, least: number): void => {
    const text = query.get(field);
    if (text === null || text === '') return;
    if (!/^-?\d+$/.test(text) || Number(text) < least)
      errors.push(fieldInvalid(field, Number(text), least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0'));
  };
  check('tailLines', 0);
  check('limitBytes', 1);
  check('sinceSeconds', 1);
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
}
