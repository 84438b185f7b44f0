import { expect, test } from 'vitest';
import type { ValueTransformer } from './encryption.ts';
import { transformerOfKey } from './transformer-of-key.ts';

test('finds the resource that a key belongs to, with its group', () => {
  const asked: string[] = [];
  const transformer = {} as ValueTransformer;
  const encryption = {
    transformerFor: ({ group, resource }: { group: string; resource: string }) => {
      asked.push(`${resource}.${group}`);
      return resource === 'secrets' ? transformer : undefined;
    },
  };
  const of = transformerOfKey(encryption, [
    { group: '', resource: 'secrets' },
    { group: 'apps', resource: 'deployments' },
  ]);
  expect(of('/registry/secrets/default/a')).toBe(transformer);
  expect(of('/registry/secrets/default/b')).toBe(transformer);
  expect(of('/registry/deployments/default/web')).toBeUndefined();
  expect(of('/registry/example.com/widgets/default/one')).toBeUndefined();
  expect(of('/elsewhere/secrets/default/a')).toBeUndefined();
  expect(asked).toEqual(['secrets.', 'deployments.apps', 'widgets.example.com']);
});
