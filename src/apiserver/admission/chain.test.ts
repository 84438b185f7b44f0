import { describe, expect, it } from 'vitest';
import type { AdmissionPlugin } from '../types.ts';
import { attributesOf } from './attributes.ts';
import { admissionChain, inOrder } from './index.ts';

const note = (name: string, log: string[], wait = false): AdmissionPlugin => ({
  name,
  handles: () => true,
  admit: () => {
    log.push(name);
    return wait ? Promise.resolve() : undefined;
  },
});

describe('the admission chain', () => {
  it('asks in order and does not wait when nobody does', () => {
    const log: string[] = [];
    const chain = admissionChain([note('a', log), note('b', log)]);
    expect(chain.admit(attributesOf('pods', {}))).toBeUndefined();
    expect(chain.validate(attributesOf('pods', {}))).toBeUndefined();
    expect(log).toEqual(['a', 'b']);
  });

  it('waits for one plugin before it asks the next', async () => {
    const log: string[] = [];
    await admissionChain([note('a', log, true), note('b', log), note('c', log, true)]).admit(attributesOf('pods', {}));
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('stops at the first refusal', () => {
    const log: string[] = [];
    const no: AdmissionPlugin = {
      name: 'no',
      handles: () => true,
      admit: () => {
        throw new Error('no');
      },
    };
    expect(() => admissionChain([note('a', log), no, note('b', log)]).admit(attributesOf('pods', {}))).toThrow('no');
    expect(log).toEqual(['a']);
  });

  it('leaves out plugins that the write does not concern', () => {
    const log: string[] = [];
    void admissionChain([{ ...note('a', log), handles: ({ operation }) => operation === 'DELETE' }]).admit(attributesOf('pods', {}));
    expect(log).toEqual([]);
  });

  it('puts quota last and the unknown before webhooks', () => {
    const names = ['ResourceQuota', 'ValidatingAdmissionWebhook', 'Mine', 'NamespaceLifecycle'].map((name) => ({
      name,
      handles: () => true,
    }));
    expect(inOrder(names).map(({ name }) => name)).toEqual(['NamespaceLifecycle', 'Mine', 'ValidatingAdmissionWebhook', 'ResourceQuota']);
  });
});
