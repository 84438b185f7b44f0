import type { CustomResourceDefinition } from '#api/generated/apiextensions-v1.ts';
import { expect } from 'vitest';
import { statusOf, type Answer, type TestApiServer } from './api-server.ts';

export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const GROUP = '/apis/certs.example.com';
export const CERTIFICATES = `${GROUP}/v1/namespaces/default/certificates`;
export const OLD = `${GROUP}/v1alpha2/namespaces/default/certificates`;

export type Body = Record<string, any>; // oxlint-disable-line no-explicit-any -- answers of many shapes

export const body = (answer: Answer): Body => answer.body as Body;
export const message = (answer: Answer): string => statusOf(answer).message ?? '';

/** Follows an object until it is as it should be, or gone (undefined). */
export async function until(
  server: TestApiServer,
  path: string,
  isRight: (object: Body | undefined) => boolean,
): Promise<Body | undefined> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const list = path.slice(0, path.lastIndexOf('/'));
  const response = await server.begin('GET', `${list}?watch=1&fieldSelector=metadata.name=${name}&timeoutSeconds=20`);
  try {
    const now = await server.get(path);
    if (isRight(now.code === 404 ? undefined : body(now))) return now.code === 404 ? undefined : body(now);
    let rest = '';
    for await (const part of response) {
      rest += String(part);
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const { type, object } = JSON.parse(rest.slice(0, end)) as { type: string; object: Body };
        rest = rest.slice(end + 1);
        const present = type === 'DELETED' ? undefined : object;
        if (isRight(present)) return present;
      }
    }
    throw new Error(`${path} never became what it should be`);
  } finally {
    response.destroy();
  }
}

export const isTrue = (object: Body | undefined, type: string): boolean =>
  object?.['status']?.conditions?.some((each: Body) => each['type'] === type && each['status'] === 'True') === true;

export async function define(server: TestApiServer, definition: CustomResourceDefinition): Promise<void> {
  const answer = await server.post(DEFINITIONS, definition);
  expect([answer.code, answer.code === 201 ? '' : answer.text]).toEqual([201, '']);
}

export async function undefine(server: TestApiServer, name: string): Promise<void> {
  expect((await server.delete(`${DEFINITIONS}/${name}`)).code).toBe(200);
  await until(server, `${DEFINITIONS}/${name}`, (object) => object === undefined);
}
