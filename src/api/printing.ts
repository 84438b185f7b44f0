import type { Column } from './kind-definition.ts';
import type { KubeObject, LabelSelector, LabelSelectorRequirement, Time } from '#apimachinery';

/** The first column of almost every kind. */
export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
};

/** The time since the object was created, as `ageCell` gives it. */
export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
};

/** The column that kinds without columns of their own have beside the name; its cell is the timestamp itself. */
export const createdAtColumn: Column = { ...ageColumn, name: 'Created At', type: 'date' };

/** A text column; `wide`: shown only with `-o wide`. */
export function textColumn(name: string, description: string, wide = false): Column {
  return wide ? { name, type: 'string', description, priority: 1 } : { name, type: 'string', description };
}

/** A column of whole numbers; `wide`: shown only with `-o wide`. */
export function integerColumn(name: string, description: string, wide = false): Column {
  return wide ? { name, type: 'integer', description, priority: 1 } : { name, type: 'integer', description };
}

/** A length of time for people, two units at most: `45s`, `5m12s`, `3h`, `2d4h`, `400d`, `2y30d`. Negative by more than a second: `<invalid>`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return twoUnits(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? twoUnits(years, 'y', days % 365, 'd') : `${years}y`;
}

function twoUnits(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
}

/** How long ago a timestamp was, for people; `<unknown>` when there is none. */
export function since(time: Time | undefined, now: Date): string {
  return time === undefined || time === null ? '<unknown>' : humanDuration(now.getTime() - Date.parse(time));
}

/** The cell of `ageColumn`. */
export function ageCell(object: KubeObject, now: Date): string {
  return since(object.metadata.creationTimestamp, now);
}

/** Keys and values as `a=1,b=2`, sorted by key; `<none>` when there are none. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const text = labels === undefined ? '' : labelTexts(labels).join(',');
  return text === '' ? '<none>' : text;
}

/** A label selector as `-l` takes it; `<none>` when it is empty. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const text = selector === undefined ? '' : selectorText(selector);
  return text === '' ? '<none>' : text;
}

/** A label selector in string form: `app=web,tier in (a,b),!canary`; empty for an empty one. */
export function selectorText(selector: LabelSelector): string {
  const parts: [key: string, text: string][] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) parts.push([key, `${key}=${value}`]);
  for (const requirement of selector.matchExpressions ?? []) parts.push([requirement.key, requirementText(requirement)]);
  return parts
    .sort(([a], [b]) => byCodeUnits(a, b))
    .map(([, text]) => text)
    .join(',');
}

/** A map of labels as a selector in string form: `a=1,b=2`. */
export function labelMapText(labels: Readonly<Record<string, string>> | undefined): string {
  return labels === undefined ? '' : labelTexts(labels).join(',');
}

/** At most `max` of the items joined by commas, then how many more there are: `a,b + 3 more...`. */
export function joinWithMore(items: readonly string[], max: number): string {
  const shown = items.slice(0, max).join(',');
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

function labelTexts(labels: Readonly<Record<string, string>>): string[] {
  return Object.keys(labels)
    .sort(byCodeUnits)
    .map((key) => `${key}=${labels[key]}`);
}

function requirementText({ key, operator, values = [] }: LabelSelectorRequirement): string {
  const list = `(${[...values].sort(byCodeUnits).join(',')})`;
  switch (operator) {
    case 'In':
      return `${key} in ${list}`;
    case 'NotIn':
      return `${key} notin ${list}`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return `${key} ${operator} ${list}`;
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
