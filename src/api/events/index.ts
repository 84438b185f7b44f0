import { convertTo } from '../conversion.ts';
import type { Event as CoreEvent } from '../generated/core-v1.ts';
import type { Event } from '../generated/events-v1.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** An event of `events.k8s.io` is the core group's event with other names for its fields. */
function toCore(object: KubeObject): CoreEvent {
  const {
    regarding,
    note,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    reportingController,
    ...event
  } = object as Event;
  return convertTo<CoreEvent>('v1', event, {
    involvedObject: regarding,
    ...defined('message', note),
    source: deprecatedSource,
    ...defined('firstTimestamp', deprecatedFirstTimestamp),
    ...defined('lastTimestamp', deprecatedLastTimestamp),
    ...defined('count', deprecatedCount),
    ...defined('reportingComponent', reportingController),
  });
}

function fromCore(apiVersion: string, object: CoreEvent): KubeObject {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, ...event } = object;
  return convertTo<Event>(apiVersion, event, {
    regarding: involvedObject,
    ...defined('note', message),
    deprecatedSource: source,
    ...defined('deprecatedFirstTimestamp', firstTimestamp),
    ...defined('deprecatedLastTimestamp', lastTimestamp),
    ...defined('deprecatedCount', count),
    ...defined('reportingController', reportingComponent),
  });
}

function defined(field: string, value: unknown): object {
  return value === undefined ? {} : { [field]: value };
}

/** `events.k8s.io`, in which the core group's events are served as well. */
export const eventVersions: readonly ServedVersion<CoreEvent>[] = [
  { group: 'events.k8s.io', version: 'v1', toStorage: toCore, fromStorage: (event) => fromCore('events.k8s.io/v1', event) },
  {
    group: 'events.k8s.io',
    version: 'v1beta1',
    deprecated: { since: 'v1.22', removedIn: 'v1.25', use: 'events.k8s.io/v1 Event' },
    toStorage: toCore,
    fromStorage: (event) => fromCore('events.k8s.io/v1beta1', event),
  },
];
