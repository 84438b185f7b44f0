import { ageCell, ageColumn, integerColumn, nameColumn } from '../printing.ts';
import { defaultWebhook } from './webhook-defaults.ts';
import { defineKind } from '../kind-definition.ts';
import { validateWebhooks } from './webhook-validation.ts';
import { webhookConfigurationV1beta1 } from './conversion-webhook-configuration.ts';
import type { MutatingWebhookConfiguration } from '../generated/admissionregistration-v1.ts';

export const mutatingWebhookConfigurationKind = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  alsoServed: [webhookConfigurationV1beta1('MutatingWebhookConfiguration')],
  hasStatus: false,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults(object) {
    for (const webhook of object.webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? []),
  columns: [nameColumn, integerColumn('Webhooks', 'Webhooks indicates the number of webhooks registered in this configuration'), ageColumn],
  row: (object, now) => [object.metadata.name, object.webhooks?.length ?? 0, ageCell(object, now)],
});
