import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { flowSchemaVersions } from './versions.ts';
import { structOf } from '../struct-of.ts';
import { validateFlowSchema, validateFlowSchemaStatus } from './flow-schema-validation.ts';
import type { FlowSchema } from '../generated/flowcontrol-v1.ts';

/** `Dangling` is true while the priority level does not exist. */
function missingLevelCell({ status }: FlowSchema): string {
  return status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?';
}

export const flowSchemaKind = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  alsoServed: flowSchemaVersions,
  hasStatus: true,
  hasGeneration: true,
  defaults(object) {
    const spec = structOf(object, 'spec');
    structOf(spec, 'priorityLevelConfiguration');
    spec.matchingPrecedence ||= 1000;
    for (const rule of spec.rules ?? []) {
      for (const resourceRule of rule.resourceRules ?? []) resourceRule.namespaces ??= [];
    }
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validateFlowSchema,
  validateStatusUpdate: validateFlowSchemaStatus,
  columns: [
    nameColumn,
    textColumn('PriorityLevel', 'The priority level of the requests that match.'),
    textColumn('MatchingPrecedence', 'Schemas with a lower number are tried first.'),
    textColumn('DistinguisherMethod', 'What tells the flows of the schema apart.'),
    ageColumn,
    textColumn('MissingPL', 'Whether the priority level does not exist.'),
  ],
  row: (object, now) => [
    object.metadata.name,
    object.spec.priorityLevelConfiguration.name,
    object.spec.matchingPrecedence,
    object.spec.distinguisherMethod?.type ?? '<none>',
    ageCell(object, now),
    missingLevelCell(object),
  ],
});
