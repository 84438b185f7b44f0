import { nameIsDnsLabel } from '#apimachinery';
import type { Namespace } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { validateNamespace, validateNamespaceStatus } from './namespace-validation.ts';

/** The label that every namespace carries, so that selectors can name it. */
const NAME_LABEL = 'kubernetes.io/metadata.name';
/** As long as a namespace has this finalizer, its content is still to be deleted. */
const FINALIZER = 'kubernetes';

/** A Namespace: a scope for names. */
export const namespaceKind = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  hasStatus: true,
  otherSubresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  nameRule: nameIsDnsLabel,

  defaults(namespace) {
    namespace.spec ??= {};
    labelWithName(namespace);
  },
  prepareForCreate(namespace) {
    // A generated name was not known to the defaults yet.
    labelWithName(namespace);
    namespace.status = { phase: 'Active' };
    const finalizers = (namespace.spec.finalizers ??= []);
    if (!finalizers.includes(FINALIZER)) finalizers.push(FINALIZER);
  },
  prepareForUpdate(namespace, old, { subresource }) {
    if (subresource !== 'finalize') namespace.spec.finalizers = old.spec.finalizers;
  },
  prepareForStatusUpdate(namespace) {
    namespace.status.phase ||= 'Active';
  },
  validate: validateNamespace,
  validateStatusUpdate: validateNamespaceStatus,

  columns: [nameColumn, textColumn('Status', 'The status of the namespace'), ageColumn],
  row: (namespace, now): Cell[] => [namespace.metadata.name, namespace.status.phase ?? '', ageCell(namespace, now)],
  selectableFields: {
    'status.phase': (namespace) => namespace.status.phase ?? '',
    name: (namespace) => namespace.metadata.name,
  },
});

function labelWithName({ metadata }: Namespace): void {
  if (metadata.name) (metadata.labels ??= {})[NAME_LABEL] = metadata.name;
}
