import { ageCell, ageColumn, integerColumn, nameColumn } from '../printing.ts';
import { defaultWebhook } from './webhook-defaults.ts';
import { defineKind } from '../kind-definition.ts';
import { validateWebhooks } from './webhook-validation.ts';
import { webhookConfigurationV1beta1 } from './conversion-webhook-configuration.ts';
import type { ValidatingWebhookConfiguration } from '../generated/admissionregistration-v1.ts';

export const validatingWebhookConfigurationKind = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  alsoServed: [webhookConfigurationV1beta1('ValidatingWebhookConfiguration')],
  hasStatus: false,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults(object) {
    for (const webhook of object.webhooks ?? []) defaultWebhook(webhook);
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? []),
  columns: [nameColumn, integerColumn('Webhooks', 'Webhooks indicates the number of webhooks registered in this configuration'), ageColumn],
  row: (object, now) => [object.metadata.name, object.webhooks?.length ?? 0, ageCell(object, now)],
});
