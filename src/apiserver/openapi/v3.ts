import type { Documentation } from '#api';
import { Contents } from './contents.ts';
import { answerTypes, bodyTypes, successCodes } from './media-types.ts';
import { operationTag } from './names.ts';
import { operationsOf, type Operation } from './operations.ts';
import { ACTION_PARAMETERS, pathParameters, PRETTY, type Parameter } from './parameters.ts';
import type { JsonSchema, ServedKind } from './served-kind.ts';

/** The document of one group-version, whose kinds these are. */
export function documentV3(kinds: readonly ServedKind[], documentation: Documentation, version: string): JsonSchema {
  const contents = new Contents(3, documentation, kinds);
  const paths: Record<string, JsonSchema> = {};
  for (const served of kinds) {
    for (const operation of operationsOf(served)) {
      const item = (paths[operation.path] ??= { parameters: [...pathParameters(operation.path), PRETTY].map(parameter) });
      item[operation.method] = operationObject(served, operation, contents);
    }
  }
  return {
    components: {
      schemas: contents.definitions.all(),
      securitySchemes: { BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' } },
    },
    info: { title: 'Kubernetes', version },
    openapi: '3.0.0',
    paths,
  };
}

function operationObject(served: ServedKind, operation: Operation, contents: Contents): JsonSchema {
  const { action, body, answer, gvk } = operation;
  const query = ACTION_PARAMETERS[action] ?? [];
  const object: JsonSchema = { description: operation.description, operationId: operation.id };
  if (query.length > 0) object['parameters'] = query.map(parameter);
  if (body !== undefined) {
    const content = ofTypes(bodyTypes(served, operation), contents.of(body, served, operation));
    object['requestBody'] = body.kind === 'options' ? { content } : { content, required: true };
  }
  const content = ofTypes(answerTypes(operation), contents.of(answer, served, operation));
  const success = successCodes(operation).map(([code, description]) => [code, { content, description }]);
  object['responses'] = { ...Object.fromEntries(success), 401: { description: 'Unauthorized' } };
  object['tags'] = [operationTag(served)];
  object['x-kubernetes-action'] = action;
  object['x-kubernetes-group-version-kind'] = { group: gvk.group, kind: gvk.kind, version: gvk.version };
  return object;
}

function ofTypes(types: readonly string[], schema: JsonSchema): JsonSchema {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function parameter({ name, in: place, type, description }: Parameter): JsonSchema {
  const required = place === 'path' ? { required: true } : {};
  return { description, in: place, name, ...required, schema: { type, uniqueItems: true } };
}
