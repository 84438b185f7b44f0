import { badRequest, forbidden, internalError, type StatusError } from '#apimachinery';
import { ConditionFailed, requestVariables } from '../admission/expressions/index.ts';
import { showable, type RequestForm } from '../admission/matching/index.ts';
import type { AdmissionAttributes, Authorizer, ObjectReader } from '../types.ts';
import type { ConcernedWebhook } from './configured-webhooks.ts';
import { denial, responseOf, reviewOf, reviewVersion, type ReviewResponse } from './review.ts';
import { WebhookCallFailed, type WebhookClient } from './webhook-client.ts';

/** What calls of webhooks need besides the write. */
export interface Calling {
  client: WebhookClient;
  reader: ObjectReader;
  authorize: Authorizer;
  own: RequestForm;
  isMutating: boolean;
}

/** A webhook could not be asked; what that means is for its failure policy to say. */
class CallFailed extends Error {}

/** Whether the webhook is to be asked: labels and conditions. Throws 403 when a condition fails and the policy is to fail. */
export async function isWanted(
  { by: webhook, form }: ConcernedWebhook,
  attributes: AdmissionAttributes,
  calling: Calling,
): Promise<boolean> {
  const { criteria, conditions, spec } = webhook;
  if (!criteria.selects(attributes, calling.reader)) return false;
  if (conditions === undefined) return true;
  try {
    return conditions(requestVariables(form, calling.own, await showable(form, attributes), calling));
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (spec.failurePolicy === 'Ignore') return false;
    throw forbidden(attributes.resource, attributes.name, error.message);
  }
}

/**
 * Asks a webhook about a write. Undefined when it could not be asked and that is to be ignored. Throws its refusal as it
 * words it, and 500 when it could not be asked.
 */
export async function callWebhook(
  concerned: ConcernedWebhook,
  attributes: AdmissionAttributes,
  calling: Calling,
): Promise<ReviewResponse | undefined> {
  const { name, failurePolicy, sideEffects } = concerned.by.spec;
  if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  let response: ReviewResponse;
  try {
    response = await ask(concerned, attributes, calling);
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    if (failurePolicy === 'Ignore') return undefined;
    throw callFailure(name, error.message);
  }
  for (const warning of response.warnings ?? []) attributes.warn(warning);
  for (const [key, value] of Object.entries(response.auditAnnotations ?? {})) attributes.annotate?.(`${name}/${key}`, value);
  if (!response.allowed) throw denial(name, response.status);
  return response;
}

async function ask({ by: webhook, form }: ConcernedWebhook, attributes: AdmissionAttributes, calling: Calling): Promise<ReviewResponse> {
  const { admissionReviewVersions, clientConfig, timeoutSeconds = 10 } = webhook.spec;
  const version = reviewVersion(admissionReviewVersions);
  if (version === undefined)
    throw new CallFailed('could not get REST client: webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const review = reviewOf(form, calling.own, await showable(form, attributes), version);
  let answer: unknown;
  try {
    answer = await calling.client.post(clientConfig, review.body, timeoutSeconds);
  } catch (error) {
    if (!(error instanceof WebhookCallFailed)) throw error;
    throw new CallFailed(`failed to call webhook: ${error.message}`, { cause: error });
  }
  try {
    return responseOf(answer, review, calling.isMutating);
  } catch (error) {
    throw new CallFailed(`received invalid webhook response: ${(error as Error).message}`, { cause: error });
  }
}

function callFailure(name: string, why: string): StatusError {
  return internalError(`failed calling webhook ${JSON.stringify(name)}: ${why}`);
}
