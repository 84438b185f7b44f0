import type { ComponentStatus } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { nameColumn, textColumn } from '../printing.ts';

/** A ComponentStatus: the health of a part of the control plane. Deprecated, read-only, made up when asked for. */
export const componentStatusKind = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  namespaced: false,
  verbs: ['get', 'list'],
  hasStatus: false,
  deprecated: { since: 'v1.19', removedIn: '' },

  columns: [
    nameColumn,
    textColumn('Status', 'Status of the component conditions'),
    textColumn('Message', 'Message of the component conditions'),
    textColumn('Error', 'Error of the component conditions'),
  ],
  row(component): Cell[] {
    const healthy = component.conditions?.find(({ type }) => type === 'Healthy');
    const status = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
    return [component.metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
  },
});
