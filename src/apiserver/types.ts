import type { GroupVersionKind, GroupVersionResource, KubeObject } from '#apimachinery';

/** Who makes a request, as authentication found out. */
export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What authentication may look at; taken from the HTTP request, so that it can be tested without a socket. */
export interface Credentials {
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The client's certificate, verified by TLS against the client CA; same object for every request of a connection. */
  certificate?: { subject: { CN?: string; O?: string | string[]; UID?: string }; raw: Buffer };
}

/** Resolves with the user, or undefined when it has no opinion (no credentials of its sort). Throws 401 for bad ones. */
export type Authenticator = (credentials: Credentials) => UserInfo | undefined | Promise<UserInfo | undefined>;

/** What of a request the path, method and query tell. */
export interface RequestInfo {
  path: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `connect`; for other paths the HTTP method in lower case. */
  verb: string;
  isResource: boolean;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  name: string;
}

/** What is asked of an authorizer. */
export interface AuthorizationAttributes {
  user: UserInfo;
  verb: string;
  isResource: boolean;
  path: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  fieldSelector?: string;
  labelSelector?: string;
}

export interface Decision {
  decision: 'allow' | 'deny' | 'no-opinion';
  reason: string;
}

export type Authorizer = (attributes: AuthorizationAttributes) => Decision | Promise<Decision>;

/** Objects of the API server's own watch cache, without a request: for authorizers and admission. Shared: never change them. */
export interface ObjectReader {
  get(type: { group: string; resource: string }, namespace: string, name: string): KubeObject | undefined;
  /** All namespaces when `namespace` is absent. */
  list(type: { group: string; resource: string }, namespace?: string): Iterable<KubeObject>;
  /** Resolves when the resource's cache has been filled for the first time. */
  ready(type: { group: string; resource: string }): Promise<void>;
  /** Calls back after every change of the resource's objects; returns the way to stop. */
  onChange(type: { group: string; resource: string }, callback: () => void): () => void;
}

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** One write on its way. `object` may be changed by mutating plugins, in place. */
export interface AdmissionAttributes {
  operation: AdmissionOperation;
  /** In the version that the client wrote. */
  kind: GroupVersionKind;
  resource: GroupVersionResource;
  subresource: string;
  namespace: string;
  /** Empty for a create with generateName, before the name has been made. */
  name: string;
  /** In the storage version. Absent for DELETE. */
  object: KubeObject | undefined;
  oldObject: KubeObject | undefined;
  user: UserInfo;
  dryRun: boolean;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions. */
  options: Record<string, unknown>;
  warn(text: string): void;
  /** Notes something in the request's audit events; absent when nobody audits it. */
  annotate?(key: string, value: string): void;
  /** Set by a plugin whose change was made outside of the server: the mutating plugins are asked once more. */
  needsSecondRound?: boolean;
  /** Set by the chain while they are. */
  isSecondRound?: boolean;
}

/** A feature that may change or refuse writes. Refusing is throwing a StatusError (usually `forbidden`). */
export interface AdmissionPlugin {
  readonly name: string;
  handles(attributes: AdmissionAttributes): boolean;
  admit?(attributes: AdmissionAttributes): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}
