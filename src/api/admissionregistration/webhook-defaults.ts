import { structOf } from '../struct-of.ts';
import type { MutatingWebhook, ValidatingWebhook } from '../generated/admissionregistration-v1.ts';

/** Fills in what validating and mutating webhooks have in common. */
export function defaultWebhook(webhook: ValidatingWebhook | MutatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  const { service } = structOf(webhook, 'clientConfig');
  if (service) service.port ??= 443;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
}
