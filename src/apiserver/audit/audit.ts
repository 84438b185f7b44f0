import { randomUUID } from 'node:crypto';
import { microTimestamp, type KubeObject, type Status } from '#apimachinery';
import type { RequestInfo, UserInfo } from '../types.ts';
import { policyEvaluator, type AuditPolicy, type Stage, type Verdict } from './policy.ts';
import type { AuditSink } from './log-sink.ts';

/** One request, seen from outside. */
export interface AuditedRequest {
  info: RequestInfo;
  user: UserInfo;
  impersonatedUser?: UserInfo;
  /** Path and query. */
  uri: string;
  sourceIPs: readonly string[];
  userAgent?: string;
  /** From the client's `Audit-ID` header, if it sent one. */
  auditId?: string;
}

/** The record of one request, written at its stages. */
export interface AuditTrail {
  readonly auditId: string;
  /** Adds what another part of the server found out: `authorization.k8s.io/decision`. */
  annotate(key: string, value: string): void;
  /** The object that was sent; kept from level Request on. */
  requestObject(object: unknown): void;
  /** The object that is answered; kept at level RequestResponse. */
  responseObject(object: unknown): void;
  /** A long answer begins: a watch, a log. */
  started(code: number): void;
  /** The answer has been given. */
  complete(answer: { code: number; status?: Status; object?: unknown }): void;
  /** The server failed. */
  panicked(error: unknown): void;
}

/** Begins the record of a request; undefined when the policy wants none: then nothing else is to be done. */
export type Audit = (request: AuditedRequest) => AuditTrail | undefined;

/** Writes down who did what, as far as the policy says so. */
export function createAudit(policy: AuditPolicy, sink: AuditSink, now: () => Date = () => new Date()): Audit {
  const evaluate = policyEvaluator(policy);
  return (request) => {
    const verdict = evaluate(request.info, request.user);
    return verdict.level === 'None' ? undefined : trailOf(request, verdict, sink, now);
  };
}

function trailOf(request: AuditedRequest, verdict: Verdict, sink: AuditSink, now: () => Date): AuditTrail {
  const auditId = request.auditId || randomUUID();
  const received = microTimestamp(now());
  const annotations: Record<string, string> = {};
  let sent: unknown;
  let answered: unknown;
  let result: { code: number; status?: Status; object?: unknown } | undefined;
  const write = (stage: Stage): void => {
    if (verdict.omitStages.has(stage)) return;
    const bodies = verdict.level === 'Metadata' ? {} : { requestObject: shown(sent, verdict) };
    const answer =
      verdict.level === 'RequestResponse' ? { responseObject: shown(result?.object ?? result?.status ?? answered, verdict) } : {};
    sink.write({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: verdict.level,
      auditID: auditId,
      stage,
      ...described(request, sent),
      ...(result === undefined ? {} : { responseStatus: responseStatus(result) }),
      ...bodies,
      ...answer,
      requestReceivedTimestamp: received,
      stageTimestamp: stage === 'RequestReceived' ? received : microTimestamp(now()),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    });
  };
  write('RequestReceived');
  return {
    auditId,
    annotate: (key, value) => {
      annotations[key] ??= value;
    },
    requestObject: (object) => {
      if (verdict.level !== 'Metadata') sent = object;
    },
    responseObject: (object) => {
      if (verdict.level === 'RequestResponse') answered = object;
    },
    started: (code) => {
      result = { code };
      write('ResponseStarted');
    },
    complete: (answer) => {
      result = answer;
      write('ResponseComplete');
    },
    panicked: (error) => {
      const message = `APIServer panic'd: ${error instanceof Error ? error.message : String(error)}`;
      result = {
        code: 500,
        status: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'InternalError', message, code: 500 },
      };
      write('Panic');
    },
  };
}

function described({ info, user, impersonatedUser, uri, sourceIPs, userAgent }: AuditedRequest, sent: unknown): Record<string, unknown> {
  return {
    requestURI: uri,
    verb: info.verb,
    user: userOf(user),
    ...(impersonatedUser === undefined ? {} : { impersonatedUser: userOf(impersonatedUser) }),
    sourceIPs,
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(info.isResource ? { objectRef: objectRef(info, sent) } : {}),
  };
}

function userOf({ name, uid, groups, extra }: UserInfo): Record<string, unknown> {
  return { username: name, uid, groups, extra };
}

function objectRef(info: RequestInfo, sent: unknown): Record<string, unknown> {
  const metadata = (sent as Partial<KubeObject> | undefined)?.metadata;
  const text = (value: string | undefined): string | undefined => value || undefined;
  return {
    resource: info.resource,
    namespace: text(info.namespace),
    name: text(info.name) ?? text(metadata?.name),
    uid: metadata?.uid,
    apiGroup: text(info.group),
    apiVersion: info.version,
    resourceVersion: metadata?.resourceVersion,
    subresource: text(info.subresource),
  };
}

function responseStatus({ code, status }: { code: number; status?: Status }): Record<string, unknown> {
  return { metadata: {}, status: status?.status, message: status?.message, reason: status?.reason, details: status?.details, code };
}

function shown(object: unknown, { omitManagedFields }: Verdict): unknown {
  if (!omitManagedFields || typeof object !== 'object' || object === null) return object;
  const { metadata, items } = object as { metadata?: object; items?: unknown[] };
  return {
    ...object,
    ...(metadata === undefined ? {} : { metadata: { ...metadata, managedFields: undefined } }),
    ...(items === undefined ? {} : { items: items.map((item) => shown(item, { omitManagedFields } as Verdict)) }),
  };
}
