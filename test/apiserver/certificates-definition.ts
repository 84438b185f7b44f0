import type { CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps } from '#api/generated/apiextensions-v1.ts';

const string: JSONSchemaProps = { type: 'string' };

const spec: JSONSchemaProps = {
  type: 'object',
  description: 'What the certificate is to be.',
  required: ['issuerRef', 'secretName'],
  'x-kubernetes-validations': [
    { rule: 'self.secretName == oldSelf.secretName', message: 'secretName is immutable', fieldPath: '.secretName' },
    { rule: '!has(self.isCA) || !self.isCA || self.usages.exists(u, u == "cert sign")', message: 'an authority must be able to sign' },
  ],
  properties: {
    secretName: { ...string, minLength: 1, description: 'Where the key is put.' },
    commonName: string,
    dnsNames: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
    duration: { ...string, format: 'duration', default: '2160h' },
    isCA: { type: 'boolean' },
    issuerRef: { type: 'object', required: ['name'], properties: { name: string, kind: { ...string, default: 'Issuer' } } },
    privateKey: {
      type: 'object',
      default: {},
      properties: {
        algorithm: { ...string, enum: ['RSA', 'ECDSA', 'Ed25519'], default: 'RSA' },
        size: { type: 'integer', minimum: 256, maximum: 8192 },
      },
    },
    replicas: { type: 'integer', minimum: 0, default: 1 },
    usages: { type: 'array', items: string, default: ['digital signature', 'key encipherment'] },
    keystores: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    outputs: {
      type: 'array',
      items: { type: 'object', required: ['type'], properties: { type: string, path: string } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
};

const status: JSONSchemaProps = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    selector: string,
    conditions: {
      type: 'array',
      items: { type: 'object', required: ['type', 'status'], properties: { type: string, status: string } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
};

const v1: CustomResourceDefinitionVersion = {
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object', description: 'A certificate.', required: ['spec'], properties: { spec, status } } },
  subresources: {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
  },
  selectableFields: [{ jsonPath: '.spec.secretName' }],
  additionalPrinterColumns: [
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Secret', type: 'string', jsonPath: '.spec.secretName' },
    { name: 'Issuer', type: 'string', jsonPath: '.spec.issuerRef.name', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
};

const old: CustomResourceDefinitionVersion = {
  name: 'v1alpha2',
  served: true,
  storage: false,
  deprecated: true,
  deprecationWarning: 'certs.example.com/v1alpha2 Certificate is going away',
  schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
};

/** A definition like those of real operators: two versions, subresources, defaults, rules. */
export function certificates(): CustomResourceDefinition {
  return structuredClone({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'certificates.certs.example.com' },
    spec: {
      group: 'certs.example.com',
      scope: 'Namespaced',
      names: { plural: 'certificates', singular: 'certificate', kind: 'Certificate', shortNames: ['cert', 'certs'], categories: ['pki'] },
      versions: [v1, old],
    },
  }) as unknown as CustomResourceDefinition;
}

/** A certificate as a user writes it. */
export function certificate(name: string, more: object = {}): Record<string, unknown> {
  return {
    apiVersion: 'certs.example.com/v1',
    kind: 'Certificate',
    metadata: { name },
    spec: { secretName: 'tls', issuerRef: { name: 'ca' }, ...more },
  };
}
