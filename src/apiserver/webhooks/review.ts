import { randomUUID } from 'node:crypto';
import { StatusError, type Status } from '#apimachinery';
import { shownRequest } from '../admission/expressions/index.ts';
import { show, type RequestForm } from '../admission/matching/index.ts';
import type { AdmissionAttributes } from '../types.ts';

/** What a webhook answers. */
export interface ReviewResponse {
  allowed: boolean;
  status?: Partial<Status>;
  /** A JSON patch in base64. */
  patch?: string;
  patchType?: string;
  warnings?: string[];
  auditAnnotations?: Record<string, string>;
}

/** An AdmissionReview on its way to a webhook. */
export interface Review {
  uid: string;
  apiVersion: string;
  body: string;
}

const SUPPORTED = new Set(['v1', 'v1beta1']);

/** The first version that both sides know; undefined when there is none. */
export function reviewVersion(versions: readonly string[]): string | undefined {
  return versions.find((version) => SUPPORTED.has(version));
}

/** Makes the review of a write, in the form that the webhook wants. */
export function reviewOf(form: RequestForm, own: RequestForm, attributes: AdmissionAttributes, version: string): Review {
  const uid = randomUUID();
  const apiVersion = `admission.k8s.io/${version}`;
  const request = {
    uid,
    ...shownRequest(form, own, attributes),
    object: show(form, attributes, attributes.object) ?? null,
    oldObject: show(form, attributes, attributes.oldObject) ?? null,
  };
  return { uid, apiVersion, body: JSON.stringify({ kind: 'AdmissionReview', apiVersion, request }) };
}

/** The response in an answer. Throws a plain Error that says what is wrong with it. */
export function responseOf(answer: unknown, review: Review, isMutating: boolean): ReviewResponse {
  const { kind, apiVersion, response } = (answer ?? {}) as {
    kind?: string;
    apiVersion?: string;
    response?: ReviewResponse & { uid?: string };
  };
  if (typeof response !== 'object' || response === null) throw new Error('webhook response was absent');
  if (review.apiVersion.endsWith('/v1beta1')) return { ...response, patchType: response.patchType ?? 'JSONPatch' };
  if (response.uid !== review.uid)
    throw new Error(`expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  if (apiVersion !== review.apiVersion || kind !== 'AdmissionReview')
    throw new Error(`expected webhook response of ${review.apiVersion}, Kind=AdmissionReview, got ${apiVersion ?? ''}, Kind=${kind ?? ''}`);
  checkPatch(response, isMutating);
  return response;
}

function checkPatch({ patch, patchType }: ReviewResponse, isMutating: boolean): void {
  const hasPatch = patch !== undefined && patch !== null && patch !== '';
  const hasType = patchType !== undefined && patchType !== null;
  if (!isMutating) {
    if (hasPatch) throw new Error('validating webhook may not return response.patch');
    if (hasType) throw new Error('validating webhook may not return response.patchType');
    return;
  }
  if (hasPatch && !hasType) throw new Error('webhook returned response.patch but not response.patchType');
  if (hasType && !hasPatch) throw new Error('webhook returned response.patchType but not response.patch');
  if (hasType && patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
}

/** The refusal of a webhook as the client gets it: the webhook's own status, with its name in front. */
export function denial(webhook: string, status: Partial<Status> = {}): StatusError {
  const { code = 0, message, reason } = status ?? {};
  const by = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const why = message || reason;
  return new StatusError({ ...status, code: code < 400 ? 400 : code, message: why ? `${by}: ${why}` : `${by} without explanation` });
}
