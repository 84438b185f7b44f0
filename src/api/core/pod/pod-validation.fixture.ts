import { expect, test } from 'vitest';
import { problems, type Part } from '../core.fixture.ts';

/** What is wrong with a name that is no label. */
export const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

export const container = (fields: Part = {}): Part => ({ name: 'c', image: 'nginx', ...fields });
export const pod = (spec: Part): Part => ({ spec: { containers: [container()], ...spec } });
export const withContainer = (fields: Part, spec: Part = {}): Part => pod({ containers: [container(fields)], ...spec });

type Case = [name: string, object: Part, errors: string[]];

/** A test for each pod, of what a create of it is refused for. */
export function table(cases: Case[]): void {
  test.each(cases)('%s', (_, object, errors) => {
    expect(problems('Pod', object)).toEqual(errors);
  });
}
