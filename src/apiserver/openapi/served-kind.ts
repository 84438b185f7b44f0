/** A subresource as the API describes it. */
export interface ServedSubresource {
  name: string;
  kind: string;
  /** Absent: those of the resource. */
  group?: string;
  version?: string;
  /** `connect` for those that hand the connection on: exec, proxy. */
  verbs: readonly string[];
}

/** One resource in one version, as far as its description goes. */
export interface ServedKind {
  group: string;
  version: string;
  kind: string;
  /** Plural. */
  resource: string;
  namespaced: boolean;
  verbs: readonly string[];
  subresources?: readonly ServedSubresource[];
  /** For custom resources: the schema of the definition (`openAPIV3Schema`); an empty object for one without. */
  customSchema?: JsonSchema;
  /** For custom resources; default: the kind with `List`. */
  listKind?: string;
}

/** A schema, or a part of one, as it stands in a document. */
export type JsonSchema = { [key: string]: unknown };

/** `/api/v1`, `/apis/apps/v1`. */
export function groupVersionPath({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}
