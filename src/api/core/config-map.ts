import type { ConfigMap } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { validateConfigMap, validateConfigMapUpdate } from './config-map-validation.ts';

/** A ConfigMap: configuration for pods to read. */
export const configMapKind = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  hasStatus: false,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,

  columns: [nameColumn, textColumn('Data', 'How many keys the data has.'), ageColumn],
  row: (map, now): Cell[] => [map.metadata.name, keyCount(map.data) + keyCount(map.binaryData), ageCell(map, now)],
});

function keyCount(data: Record<string, string> | undefined): number {
  return data === undefined ? 0 : Object.keys(data).length;
}
