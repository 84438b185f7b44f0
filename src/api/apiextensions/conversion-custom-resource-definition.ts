import { convertTo } from '../conversion.ts';
import { objectEqual, type KubeObject } from '#apimachinery';
import { structuralOf } from './structural-of.ts';
import type * as v1beta1 from '../generated/apiextensions-v1beta1.ts';
import type { CustomResourceConversion, CustomResourceDefinition, CustomResourceDefinitionVersion } from '../generated/apiextensions-v1.ts';
import type { ServedVersion } from '../kind-definition.ts';

type OldSpec = v1beta1.CustomResourceDefinitionSpec;
type OldVersion = v1beta1.CustomResourceDefinitionVersion;

const columnToV1 = ({ JSONPath: jsonPath, ...column }: v1beta1.CustomResourceColumnDefinition) => ({ ...column, jsonPath });

/** What v1 has in each version, v1beta1 may have once for all of them. */
function versionToV1(version: OldVersion, spec: OldSpec): CustomResourceDefinitionVersion {
  const {
    schema = spec.validation,
    subresources = spec.subresources,
    additionalPrinterColumns = spec.additionalPrinterColumns,
    ...rest
  } = version;
  const given = schema?.openAPIV3Schema;
  const preserve = spec.preserveUnknownFields !== false;
  const openAPIV3Schema = preserve ? structuralOf(given) : given;
  return {
    ...rest,
    ...(openAPIV3Schema && { schema: { openAPIV3Schema } }),
    ...(subresources && { subresources }),
    ...(additionalPrinterColumns && { additionalPrinterColumns: additionalPrinterColumns.map(columnToV1) }),
  };
}

function conversionToV1(conversion: v1beta1.CustomResourceConversion | undefined): CustomResourceConversion {
  const { strategy = 'None', webhookClientConfig: clientConfig, conversionReviewVersions } = conversion ?? {};
  if (strategy !== 'Webhook') return { strategy };
  return {
    strategy,
    webhook: { ...(clientConfig && { clientConfig }), conversionReviewVersions: conversionReviewVersions ?? ['v1beta1'] },
  };
}

function toV1(object: KubeObject): CustomResourceDefinition {
  const spec = (object as v1beta1.CustomResourceDefinition).spec ?? {};
  const { group, names, scope, version, versions, conversion } = spec;
  const all = versions?.length ? versions : version ? [{ name: version, served: true, storage: true }] : [];
  return convertTo<CustomResourceDefinition>('apiextensions.k8s.io/v1', object, {
    spec: {
      group,
      names,
      scope: scope || 'Namespaced',
      versions: all.map((entry) => versionToV1(entry, spec)),
      conversion: conversionToV1(conversion),
    },
  });
}

function versionFromV1({ additionalPrinterColumns, ...version }: CustomResourceDefinitionVersion): OldVersion {
  if (additionalPrinterColumns === undefined) return version;
  const columns = additionalPrinterColumns.map(({ jsonPath: JSONPath, ...column }) => ({ ...column, JSONPath }));
  return { ...version, additionalPrinterColumns: columns };
}

/** What all versions have in common stands once, as v1beta1 asks for. */
function hoist(versions: OldVersion[]): Partial<OldSpec> {
  const hoisted: Partial<OldSpec> = {};
  const [first, ...others] = versions;
  if (first === undefined) return hoisted;
  const { schema, subresources, additionalPrinterColumns } = first;
  if (schema && others.every((other) => objectEqual(other.schema, schema))) hoisted.validation = schema;
  if (subresources && others.every((other) => objectEqual(other.subresources, subresources))) hoisted.subresources = subresources;
  if (additionalPrinterColumns && others.every((other) => objectEqual(other.additionalPrinterColumns, additionalPrinterColumns))) {
    hoisted.additionalPrinterColumns = additionalPrinterColumns;
  }
  hoisted.versions = versions.map((version) => {
    const rest = { ...version };
    if (hoisted.validation) delete rest.schema;
    if (hoisted.subresources) delete rest.subresources;
    if (hoisted.additionalPrinterColumns) delete rest.additionalPrinterColumns;
    return rest;
  });
  return hoisted;
}

function fromV1(object: CustomResourceDefinition): KubeObject {
  const { group, names, scope, versions, conversion } = object.spec;
  const { strategy = 'None', webhook } = conversion ?? {};
  const spec: OldSpec = {
    group,
    version: versions[0]?.name,
    names,
    scope,
    ...hoist(versions.map(versionFromV1)),
    conversion: {
      strategy,
      ...(webhook?.clientConfig && { webhookClientConfig: webhook.clientConfig }),
      ...(webhook && { conversionReviewVersions: webhook.conversionReviewVersions }),
    },
    preserveUnknownFields: false,
  };
  return convertTo<v1beta1.CustomResourceDefinition>('apiextensions.k8s.io/v1beta1', object, { spec });
}

/** `apiextensions.k8s.io/v1beta1` of a CustomResourceDefinition. */
export const customResourceDefinitionV1beta1: ServedVersion<CustomResourceDefinition> = {
  version: 'v1beta1',
  deprecated: { since: 'v1.16', removedIn: 'v1.22', use: 'apiextensions.k8s.io/v1 CustomResourceDefinition' },
  toStorage: toV1,
  fromStorage: fromV1,
};
