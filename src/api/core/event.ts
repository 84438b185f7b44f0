import type { Event } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { nameColumn, since, textColumn } from '../printing.ts';
import { validateEvent } from './event-validation.ts';

/** An Event: something that happened to an object. */
export const eventKind = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  hasStatus: false,
  ttlSeconds: 3600,

  defaults(event) {
    event.source ??= {};
    event.reportingComponent ??= '';
    event.reportingInstance ??= '';
    event.firstTimestamp ??= null;
    event.lastTimestamp ??= null;
    event.eventTime ??= null;
  },
  validate: validateEvent,

  columns: [
    textColumn('Last Seen', 'The time at which the most recent occurrence of this event was recorded.'),
    textColumn('Type', 'Type of this event (Normal, Warning), new types could be added in the future'),
    textColumn('Reason', "A short, machine understandable reason for the transition into the object's current status."),
    textColumn('Object', 'The object that this event is about.'),
    textColumn('Subobject', 'The part of the object that this event is about.', true),
    textColumn('Source', 'The component reporting this event.', true),
    textColumn('Message', 'A human-readable description of the status of this operation.'),
    textColumn('First Seen', 'The time at which the event was first recorded.', true),
    textColumn('Count', 'The number of times this event has occurred.', true),
    { ...nameColumn, priority: 1 },
  ],
  row: eventRow,
  selectableFields: {
    'involvedObject.kind': (event) => event.involvedObject.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
});

function eventRow(event: Event, now: Date): Cell[] {
  const { series, involvedObject } = event;
  const first = event.firstTimestamp || event.eventTime;
  const last = series ? series.lastObservedTime : event.lastTimestamp || first;
  const kind = (involvedObject.kind ?? '').toLowerCase();
  return [
    since(last ?? undefined, now),
    event.type ?? '',
    event.reason ?? '',
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? '',
    sourceText(event),
    (event.message ?? '').trim(),
    since(first ?? undefined, now),
    series ? (series.count ?? 0) : event.count || 1,
    event.metadata.name,
  ];
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}
