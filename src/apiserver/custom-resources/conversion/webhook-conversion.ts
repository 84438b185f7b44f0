import { randomUUID } from 'node:crypto';
import type { WebhookConversion } from '#api/generated/apiextensions-v1.ts';
import { StatusError, type KubeObject } from '#apimachinery';
import type { Conversion } from '../../registry/served-resource.ts';
import { WebhookCallFailed, type WebhookClient } from '../../webhooks/index.ts';
import { isJson, type Json } from '../schema/schema.ts';

const TIMEOUT_SECONDS = 30;
const GROUP = 'apiextensions.k8s.io';
const KNOWN_REVIEWS: ReadonlySet<string> = new Set(['v1', 'v1beta1']);

/** Converts by asking a webhook. What was converted once is kept as long as the object it was made of. */
export function webhookConversion({ clientConfig, conversionReviewVersions }: WebhookConversion, client: WebhookClient): Conversion {
  const version = conversionReviewVersions.find((each) => KNOWN_REVIEWS.has(each)) ?? 'v1';

  async function review(objects: readonly KubeObject[], desiredAPIVersion: string): Promise<KubeObject[]> {
    const request = { uid: randomUUID(), desiredAPIVersion, objects };
    const body = JSON.stringify({ kind: 'ConversionReview', apiVersion: `${GROUP}/${version}`, request });
    const answer = await client.post(clientConfig ?? {}, body, TIMEOUT_SECONDS);
    return check(answer, request);
  }

  return {
    async convert(objects, apiVersion) {
      const others = objects.filter((object) => object.apiVersion !== apiVersion);
      const [first] = others;
      if (first === undefined) return [...objects];
      try {
        const converted = (await review(others, apiVersion)).values();
        return objects.map((object) =>
          object.apiVersion === apiVersion ? object : withMetadataOf(object, converted.next().value as KubeObject),
        );
      } catch (error) {
        if (!(error instanceof WebhookCallFailed) && !(error instanceof BadAnswer)) throw error;
        throw failed(first, error);
      }
    },
  };
}

/** The webhook has answered something that is no conversion. */
class BadAnswer extends Error {}

function failed({ apiVersion, kind }: KubeObject, cause: Error): StatusError {
  const message = `conversion webhook for ${apiVersion}, Kind=${kind} failed: ${cause.message}`;
  return new StatusError({ code: 500, reason: 'InternalError', message }, { cause });
}

interface Request {
  uid: string;
  desiredAPIVersion: string;
  objects: readonly KubeObject[];
}

function check(answer: unknown, { uid, desiredAPIVersion, objects }: Request): KubeObject[] {
  const response = isJson(answer) ? answer['response'] : undefined;
  if (!isJson(response)) throw new BadAnswer('invalid response: no response provided');
  if (response['uid'] !== uid) throw new BadAnswer(`invalid response: expected response.uid="${uid}", got "${String(response['uid'])}"`);
  const result = isJson(response['result']) ? response['result'] : {};
  if (result['status'] !== 'Success') throw new BadAnswer(messageOf(result));
  const converted: unknown = response['convertedObjects'];
  const count = Array.isArray(converted) ? converted.length : 0;
  if (!Array.isArray(converted) || count !== objects.length)
    throw new BadAnswer(`webhook returned ${count} objects, expected ${objects.length}`);
  return converted.map((object: unknown, i) => checkObject(object, objects[i] as KubeObject, desiredAPIVersion, i));
}

function checkObject(object: unknown, original: KubeObject, apiVersion: string, i: number): KubeObject {
  const invalid = (why: string): Error => new BadAnswer(`invalid converted object at index ${i}: ${why}`);
  if (!isJson(object) || !isJson(object['metadata'])) throw invalid('metadata is missing');
  const converted = object as unknown as KubeObject;
  if (converted.apiVersion !== apiVersion) throw invalid(`invalid groupVersion (expected ${apiVersion}, received ${converted.apiVersion})`);
  if (converted.kind !== original.kind) throw invalid(`invalid kind (expected ${original.kind}, received ${converted.kind})`);
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if ((converted.metadata[field] ?? '') !== (original.metadata[field] ?? ''))
      throw invalid(`metadata.${field} must not change: expected ${original.metadata[field]}, received ${converted.metadata[field]}`);
  }
  return converted;
}

function messageOf({ message }: Json): string {
  return typeof message === 'string' && message !== '' ? message : 'response.result.status was not "Success"';
}

/** Of the metadata, a webhook may change labels and annotations only. */
function withMetadataOf(original: KubeObject, { metadata, ...rest }: KubeObject): KubeObject {
  const { labels, annotations } = metadata;
  return { ...rest, metadata: { ...original.metadata, labels, annotations } };
}
