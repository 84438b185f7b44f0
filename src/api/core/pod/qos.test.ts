import { describe, expect, test } from 'vitest';
import { read, type Part } from '../core.fixture.ts';
import { qosClassOf } from './qos.ts';

const classOf = (spec: Part): string => qosClassOf(read('Pod', { spec }).spec);
const container = (resources: Part, name = 'c'): Part => ({ name, image: 'i', resources });
const full = { cpu: '1', memory: '1Gi' };

describe('the class of a pod', () => {
  test.each<[string, Part, string]>([
    ['without resources', { containers: [container({})] }, 'BestEffort'],
    ['whose requests are zero', { containers: [container({ requests: { cpu: '0' } })] }, 'BestEffort'],
    ['that requests something', { containers: [container({ requests: { cpu: '1' } })] }, 'Burstable'],
    ['limited in cpu alone', { containers: [container({ limits: { cpu: '1' } })] }, 'Burstable'],
    ['limited in both', { containers: [container({ limits: full })] }, 'Guaranteed'],
    [
      'limited to what it requests, written otherwise',
      { containers: [container({ limits: full, requests: { cpu: '1000m', memory: '1024Mi' } })] },
      'Guaranteed',
    ],
    ['that requests less than its limits', { containers: [container({ limits: full, requests: { cpu: '500m' } })] }, 'Burstable'],
    ['with one container unlimited', { containers: [container({ limits: full }, 'a'), container({}, 'b')] }, 'Burstable'],
    [
      'with an init container unlimited',
      { containers: [container({ limits: full }, 'a')], initContainers: [container({}, 'b')] },
      'Burstable',
    ],
    ['limited as a whole', { containers: [container({})], resources: { limits: full, requests: full } }, 'Guaranteed'],
    ['that asks for other resources alone', { containers: [container({ limits: { 'example.com/gpu': '1' } })] }, 'BestEffort'],
  ])('%s', (_, spec, expected) => {
    expect(classOf(spec)).toBe(expected);
  });
});
