import { expect, test } from 'vitest';
import { StatusError } from '#apimachinery';
import { negotiate } from './negotiate.ts';

test.each<[string | undefined, string]>([
  [undefined, 'json object'],
  ['*/*', 'json object'],
  ['application/json, */*', 'json object'],
  ['application/vnd.kubernetes.protobuf,application/json', 'protobuf object'],
  ['application/yaml', 'yaml object'],
  ['text/html, application/json;q=0.5', 'json object'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', 'json Table'],
  ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', 'json object'],
  ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'json PartialObjectMetadataList'],
  ['application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1,application/json', 'json object'],
])('%s is answered as %s', (accept, expected) => {
  const { format, as } = negotiate(accept);
  expect(`${format} ${as}`).toBe(expected);
});

test.each(['text/html', 'constructor', 'application/json;as=Nonsense;g=meta.k8s.io;v=v1'])('%s cannot be served: 406', (accept) => {
  expect(() => negotiate(accept)).toThrow(StatusError);
});
