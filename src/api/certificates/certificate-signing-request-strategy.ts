import { objectEqual, timestamp } from '#apimachinery';
import { structOf } from '../struct-of.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../generated/certificates-v1.ts';
import type { WriteContext } from '../kind-definition.ts';

/** Writes down who asks, whatever the client says about that; a request starts undecided. */
export function prepareCreate(object: CertificateSigningRequest, { user }: WriteContext): void {
  const { request, signerName, usages, expirationSeconds } = object.spec;
  object.spec = { request, signerName, usages };
  if (expirationSeconds !== undefined) object.spec.expirationSeconds = expirationSeconds;
  if (user !== undefined) {
    object.spec.username = user.name;
    if (user.uid) object.spec.uid = user.uid;
    object.spec.groups = [...user.groups];
    if (user.extra && Object.keys(user.extra).length > 0) {
      object.spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
    }
  }
  object.status = {};
}

/** An approver writes conditions and nothing else. */
export function prepareApproval(object: CertificateSigningRequest, old: CertificateSigningRequest, { now }: WriteContext): void {
  const { conditions } = structOf(object, 'status');
  object.spec = old.spec;
  object.status = { ...old.status, conditions };
  stampConditions(conditions, old.status?.conditions, now);
}

/** A signer writes the certificate; what has been approved or denied stays so. */
export function prepareStatus(object: CertificateSigningRequest, old: CertificateSigningRequest, { now }: WriteContext): void {
  const status = structOf(object, 'status');
  object.spec = old.spec;
  const decided = (old.status?.conditions ?? []).filter(isDecision);
  const others = (status.conditions ?? []).filter((condition) => !isDecision(condition));
  if (decided.length > 0 || status.conditions !== undefined) status.conditions = [...decided, ...others];
  stampConditions(status.conditions, old.status?.conditions, now);
}

const isDecision = ({ type }: CertificateSigningRequestCondition): boolean => type === 'Approved' || type === 'Denied';

/** Sets the times that a client leaves out. */
function stampConditions(
  conditions: CertificateSigningRequestCondition[] = [],
  old: readonly CertificateSigningRequestCondition[] = [],
  now: Date,
): void {
  const time = timestamp(now);
  for (const condition of conditions) {
    const before = old.find(({ type }) => type === condition.type);
    if (before && objectEqual(before, condition)) continue;
    condition.status ||= 'True';
    condition.lastUpdateTime ??= time;
    if (!condition.lastTransitionTime) {
      condition.lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? time) : time;
    }
  }
}
