import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import { transaction } from '../iptables/index.ts';
import type { IpFamily } from '../options.ts';
import { compileService, RuleBook, type RuleContext } from './index.ts';

/** One file of `golden/`: objects of the API, and the input of iptables-restore that they ask for on the node `this`. */
interface Golden {
  title: string;
  family?: IpFamily;
  context?: Partial<RuleContext>;
  service: Service;
  slices: EndpointSlice[];
  rules: string;
}

const CONTEXT: RuleContext = { nodeName: 'this', clusterCidr: '10.244.0.0/16', masqueradeAll: false, endpointComments: true };
const DIRECTORY = join(import.meta.dirname, 'golden');

const CASES = readdirSync(DIRECTORY).map((file) => parse(readFileSync(join(DIRECTORY, file), 'utf8')) as Golden);

test.for(CASES)('$title', ({ family = 'IPv4', context, service, slices, rules }) => {
  const book = new RuleBook();
  book.set('service', compileService(service, slices, family, { ...CONTEXT, ...context }));
  expect(transaction(book.takeAll([]))).toBe(rules);
});
