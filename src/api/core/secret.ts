import type { Secret } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { validateSecret, validateSecretUpdate } from './secret-validation.ts';

/** A Secret: like a ConfigMap, for what not everybody may read. */
export const secretKind = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  singular: 'secret',
  namespaced: true,
  hasStatus: false,

  defaults(secret) {
    secret.type ||= 'Opaque';
    mergeStringData(secret);
  },
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,

  columns: [
    nameColumn,
    textColumn('Type', 'Used to facilitate programmatic handling of secret data.'),
    textColumn('Data', 'How many keys the data has.'),
    ageColumn,
  ],
  row: (secret, now): Cell[] => [secret.metadata.name, secret.type ?? '', Object.keys(secret.data ?? {}).length, ageCell(secret, now)],
  selectableFields: { type: (secret) => secret.type ?? '' },
});

/** `stringData` spares people the base64; it is never stored, and wins over `data`. */
function mergeStringData(secret: Secret): void {
  if (!secret.stringData) return;
  const data = (secret.data ??= {});
  for (const [key, text] of Object.entries(secret.stringData)) data[key] = Buffer.from(text, 'utf8').toString('base64');
  delete secret.stringData;
}
