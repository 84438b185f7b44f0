import type { KubeObject } from '#apimachinery';
import type { RequestInfo, UserInfo } from '../types.ts';

/** One request on its way through the registry; made by the HTTP edge, or by the in-process client. */
export interface RegistryRequest {
  info: RequestInfo;
  user: UserInfo;
  now: Date;
  /** The first word of the User-Agent, up to the slash: the default field manager. */
  manager: string;
  /** Aborts when the client goes away or the server stops. */
  signal: AbortSignal;
  warn(text: string): void;
  /** Notes something in the request's audit events; absent when nobody audits it. */
  annotate?(key: string, value: string): void;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** The options that a create, update or patch carries. */
export interface WriteParameters {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: FieldValidation;
  force?: boolean;
  /** A server-side apply: it keeps the books on managed fields itself. */
  isApply?: boolean;
}

/** A body as it came: `raw` is its text where the client sent text (duplicate fields are found there). */
export interface Body {
  value: unknown;
  raw?: string;
}

/** What a write answers with, before it is encoded. */
export interface WriteResult {
  /** In the storage version. */
  object: KubeObject;
  created: boolean;
}
