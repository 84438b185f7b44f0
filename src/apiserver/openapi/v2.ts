import type { Documentation } from '#api';
import { Contents } from './contents.ts';
import { answerTypes, bodyTypes, successCodes } from './media-types.ts';
import { operationTag } from './names.ts';
import { operationsOf, type Operation } from './operations.ts';
import { ACTION_PARAMETERS, pathParameters, PRETTY, type Parameter } from './parameters.ts';
import type { JsonSchema, ServedKind } from './served-kind.ts';

/** The document of all kinds. */
export function documentV2(kinds: readonly ServedKind[], documentation: Documentation, version: string): JsonSchema {
  const contents = new Contents(2, documentation, kinds);
  const paths: Record<string, JsonSchema> = {};
  for (const served of kinds) {
    for (const operation of operationsOf(served)) {
      const item = (paths[operation.path] ??= { parameters: [...pathParameters(operation.path), PRETTY].map(parameter) });
      item[operation.method] = operationObject(served, operation, contents);
    }
  }
  return {
    definitions: contents.definitions.all(),
    info: { title: 'Kubernetes', version },
    paths,
    security: [{ BearerToken: [] }],
    securityDefinitions: {
      BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' },
    },
    swagger: '2.0',
  };
}

function operationObject(served: ServedKind, operation: Operation, contents: Contents): JsonSchema {
  const { action, body, answer, gvk } = operation;
  const parameters = (ACTION_PARAMETERS[action] ?? []).map(parameter);
  if (body !== undefined) {
    const schema = contents.of(body, served, operation);
    parameters.unshift({ in: 'body', name: 'body', ...(body.kind === 'options' ? {} : { required: true }), schema });
  }
  const object: JsonSchema = {
    consumes: bodyTypes(served, operation),
    description: operation.description,
    operationId: operation.id,
  };
  if (parameters.length > 0) object['parameters'] = parameters;
  object['produces'] = answerTypes(operation);
  const schema = contents.of(answer, served, operation);
  const success = successCodes(operation).map(([code, description]) => [code, { description, schema }]);
  object['responses'] = { ...Object.fromEntries(success), 401: { description: 'Unauthorized' } };
  object['schemes'] = ['https'];
  object['tags'] = [operationTag(served)];
  object['x-kubernetes-action'] = action;
  object['x-kubernetes-group-version-kind'] = { group: gvk.group, kind: gvk.kind, version: gvk.version };
  return object;
}

function parameter({ name, in: place, type, description }: Parameter): JsonSchema {
  const required = place === 'path' ? { required: true } : {};
  return { description, in: place, name, ...required, type, uniqueItems: true };
}
