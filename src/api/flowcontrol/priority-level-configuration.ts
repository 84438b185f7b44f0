import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { priorityLevelConfigurationVersions } from './versions.ts';
import { structOf } from '../struct-of.ts';
import { validatePriorityLevelConfiguration } from './priority-level-configuration-validation.ts';
import type { PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from '../generated/flowcontrol-v1.ts';

const DEFAULT_SHARES = 30;
const EXEMPT_NAME = 'exempt';

function defaults(object: PriorityLevelConfiguration): void {
  const spec = structOf(object, 'spec');
  if (object.metadata?.name === EXEMPT_NAME) spec.exempt ??= {};
  if (spec.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (spec.limited) {
    spec.limited.nominalConcurrencyShares ??= DEFAULT_SHARES;
    spec.limited.lendablePercent ??= 0;
    const { queuing } = structOf(spec.limited, 'limitResponse');
    if (queuing) {
      queuing.handSize ||= 8;
      queuing.queues ||= 64;
      queuing.queueLengthLimit ||= 50;
    }
  }
}

function limitCells({ limited }: PriorityLevelConfigurationSpec): Cell[] {
  const queuing = limited?.limitResponse.queuing;
  const limits = [limited?.nominalConcurrencyShares, queuing?.queues, queuing?.handSize, queuing?.queueLengthLimit];
  return limits.map((limit) => limit ?? '<none>');
}

export const priorityLevelConfigurationKind = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  alsoServed: priorityLevelConfigurationVersions,
  hasStatus: true,
  hasGeneration: true,
  defaults,
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validatePriorityLevelConfiguration,
  columns: [
    nameColumn,
    textColumn('Type', 'Whether the level limits its requests.'),
    textColumn('NominalConcurrencyShares', "The level's share of the server's concurrency."),
    textColumn('Queues', 'The number of queues.'),
    textColumn('HandSize', 'How many queues a flow is dealt.'),
    textColumn('QueueLengthLimit', 'How many requests may wait in a queue.'),
    ageColumn,
  ],
  row: (object, now) => [object.metadata.name, object.spec.type, ...limitCells(object.spec), ageCell(object, now)],
});
