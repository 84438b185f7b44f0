import { mutatingAdmissionPolicyBindingKind } from './mutating-admission-policy-binding.ts';
import { mutatingAdmissionPolicyKind } from './mutating-admission-policy.ts';
import { mutatingWebhookConfigurationKind } from './mutating-webhook-configuration.ts';
import { validatingAdmissionPolicyBindingKind } from './validating-admission-policy-binding.ts';
import { validatingAdmissionPolicyKind } from './validating-admission-policy.ts';
import { validatingWebhookConfigurationKind } from './validating-webhook-configuration.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `admissionregistration.k8s.io`. */
export const admissionregistrationKinds: readonly KindDefinition[] = [
  mutatingAdmissionPolicyBindingKind,
  mutatingAdmissionPolicyKind,
  mutatingWebhookConfigurationKind,
  validatingAdmissionPolicyBindingKind,
  validatingAdmissionPolicyKind,
  validatingWebhookConfigurationKind,
];
