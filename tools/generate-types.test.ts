import { expect, it } from 'vitest';
import { FactFile } from '../src/api/schema/facts.ts';
import { typescriptOf } from './generate-types.ts';

const meta = new FactFile('meta-v1', 'group meta.k8s.io\nversion v1\n\ntype ObjectMeta\n  name?  string  pb=1\n');
const text = `group example.k8s.io
version v1

enum Mode = A | B
alias Amounts = map[string]Quantity

kind Thing cluster
  metadata?  meta-v1.ObjectMeta  pb=1
  spec?      ThingSpec           pb=2

type ThingSpec
  (inline)   Source      pb=1
  mode       Mode        pb=2
  parts      []Thing     pb=3
  amounts?   Amounts     pb=4
  count?     *int32      pb=5
  port?      IntOrString pb=6
  data?      []byte      pb=7
  since?     Time        pb=8
  x-flag?    bool        pb=9

type Source
  from?  *string  pb=1
`;

function generate(docs = {}): string {
  const file = new FactFile('example-v1', text);
  return typescriptOf(file, new Map([file, meta].map((each) => [each.file, each])), docs);
}

it('requires what the decoder always puts there, and nothing else', () => {
  expect(generate()).toContain(`export interface Thing extends KubeObject {
  metadata: ObjectMeta;
  spec: ThingSpec;
}
`);
  expect(generate()).toContain(`export interface ThingSpec extends Source {
  mode: string;
  parts: Thing[];
  amounts?: Record<string, QuantityString>;
  count?: number;
  port: IntOrString;
  data?: string;
  since?: Time | null;
  'x-flag'?: boolean;
}
`);
});

it('takes what the API machinery declares from there', () => {
  expect(generate()).toContain("import type { IntOrString, KubeObject, ObjectMeta, QuantityString, Time } from '#apimachinery';");
});

it('writes the first sentence of the documentation before a declaration', () => {
  const source = generate({ Thing: { '': 'A thing. It is one of many.', spec: 'Ends with */ inside.' } });
  expect(source).toContain('/** A thing. */\nexport interface Thing ');
  expect(source).toContain('  /** Ends with * / inside. */\n  spec: ThingSpec;');
});

it('refuses a line that it does not know', () => {
  expect(() => new FactFile('broken-v1', 'group a\nversion v1\n\nstruct A\n')).toThrow('broken-v1: not a line of facts: struct A');
});
