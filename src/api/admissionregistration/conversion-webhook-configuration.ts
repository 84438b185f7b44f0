import { convertTo } from '../conversion.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from '../generated/admissionregistration-v1.ts';

type WebhookConfiguration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

/** What v1beta1 took for granted and v1 asks for, or sees otherwise. */
const OLD_DEFAULTS = {
  failurePolicy: 'Ignore',
  matchPolicy: 'Exact',
  sideEffects: 'Unknown',
  timeoutSeconds: 30,
  admissionReviewVersions: ['v1beta1'],
};

/** `admissionregistration.k8s.io/v1beta1` of a webhook configuration: other defaults. */
export function webhookConfigurationV1beta1<T extends WebhookConfiguration>(kind: string): ServedVersion<T> {
  return {
    version: 'v1beta1',
    deprecated: { since: 'v1.16', removedIn: 'v1.22', use: `admissionregistration.k8s.io/v1 ${kind}` },
    toStorage: (object: KubeObject) => {
      const webhooks = (object as WebhookConfiguration).webhooks?.map((webhook) => ({ ...OLD_DEFAULTS, ...webhook }));
      return convertTo<WebhookConfiguration>('admissionregistration.k8s.io/v1', object, { webhooks }) as T;
    },
    fromStorage: (object) => convertTo('admissionregistration.k8s.io/v1beta1', object),
  };
}
