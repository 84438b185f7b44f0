import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1123Subdomain,
  isQualifiedName,
  validateByRule,
  validateLabelSelector,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  EmptyDirVolumeSource,
  HostPathVolumeSource,
  ImageVolumeSource,
  KeyToPath,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../generated/core-v1.ts';
import { quantityOf } from '../resource-list.ts';
import { validateClaimSpec } from '../persistent-volume-claim-validation.ts';
import type { Check, VolumeChecks } from './volume-checks.ts';
import { validateFieldRef, validateResourceFieldRef } from './validate-env.ts';
import { validateFileMode, validateFilePath, validateLocalPath, validateNoBacksteps } from './validate-paths.ts';

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
/** Fields of the pod that can become files. */
const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const FILE_SUBSCRIPTS = ['metadata.annotations', 'metadata.labels'];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

/** Checks of the sources whose files come from the node or the API. */
export const fileVolumeChecks: VolumeChecks = {
  emptyDir: validateEmptyDir,
  hostPath: validateHostPath,
  image: validateImage,
  secret(source, path, errors) {
    if (!source.secretName) errors.push(fieldRequired(path.child('secretName')));
    validateFileMode(source.defaultMode, path.child('defaultMode'), errors);
    validateItems(source.items, path, errors);
  },
  configMap(source, path, errors) {
    if (!source.name) errors.push(fieldRequired(path.child('name')));
    validateFileMode(source.defaultMode, path.child('defaultMode'), errors);
    validateItems(source.items, path, errors);
  },
  downwardAPI(source, path, errors) {
    validateFileMode(source.defaultMode, path.child('defaultMode'), errors);
    validateDownwardFiles(source.items, path, errors);
  },
  projected(source, path, errors) {
    validateFileMode(source.defaultMode, path.child('defaultMode'), errors);
    validateProjections(source.sources ?? [], path, errors);
  },
  gitRepo(source, path, errors) {
    if (!source.repository) errors.push(fieldRequired(path.child('repository')));
    validateLocalPath(source.directory ?? '', path.child('directory'), errors);
  },
  persistentVolumeClaim(source, path, errors) {
    if (!source.claimName) errors.push(fieldRequired(path.child('claimName')));
  },
  ephemeral({ volumeClaimTemplate }, path, errors) {
    const at = path.child('volumeClaimTemplate');
    if (!volumeClaimTemplate) errors.push(fieldRequired(at));
    else validateClaimSpec(volumeClaimTemplate.spec, at.child('spec'), errors);
  },
};

/** Checks a path on the node; persistent volumes have such too. */
export function validateHostPath(source: HostPathVolumeSource, path: FieldPath, errors: FieldError[]): void {
  if (!source.path) errors.push(fieldRequired(path.child('path')));
  else validateNoBacksteps(source.path, path.child('path'), errors);
  if (source.type !== undefined && !HOST_PATH_TYPES.includes(source.type)) {
    errors.push(fieldNotSupported(path.child('type'), source.type, HOST_PATH_TYPES));
  }
}

function validateEmptyDir(source: EmptyDirVolumeSource, path: FieldPath, errors: FieldError[]): void {
  if (source.sizeLimit === undefined) return;
  const limit = quantityOf(source.sizeLimit);
  if (limit === undefined || limit.sign() < 0) {
    errors.push(fieldForbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity'));
  }
}

function validateImage(source: ImageVolumeSource, path: FieldPath, errors: FieldError[]): void {
  if (!source.reference) errors.push(fieldRequired(path.child('reference')));
  const policies = ['Always', 'IfNotPresent', 'Never'];
  if (source.pullPolicy && !policies.includes(source.pullPolicy)) {
    errors.push(fieldNotSupported(path.child('pullPolicy'), source.pullPolicy, policies));
  }
}

function validateItems(items: readonly KeyToPath[] | undefined, path: FieldPath, errors: FieldError[]): void {
  items?.forEach((item, index) => {
    const at = path.child('items').index(index);
    if (!item.key) errors.push(fieldRequired(at.child('key')));
    if (!item.path) errors.push(fieldRequired(at.child('path')));
    else validateFilePath(item.path, at.child('path'), errors);
    validateFileMode(item.mode, at.child('mode'), errors);
  });
}

function validateDownwardFiles(files: readonly DownwardAPIVolumeFile[] | undefined, path: FieldPath, errors: FieldError[]): void {
  for (const file of files ?? []) {
    if (!file.path) errors.push(fieldRequired(path.child('path')));
    else validateFilePath(file.path, path.child('path'), errors);
    if (file.fieldRef) {
      validateFieldRef(file.fieldRef, FILE_FIELDS, FILE_SUBSCRIPTS, path.child('fieldRef'), errors);
      if (file.resourceFieldRef) {
        errors.push(fieldInvalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
      }
    } else if (file.resourceFieldRef) validateResourceFieldRef(file.resourceFieldRef, true, path.child('resourceFieldRef'), errors);
    else errors.push(fieldRequired(path, 'one of fieldRef and resourceFieldRef is required'));
    validateFileMode(file.mode, path.child('mode'), errors);
  }
}

function validateProjections(sources: readonly VolumeProjection[], path: FieldPath, errors: FieldError[]): void {
  const paths = new Set<string>();
  sources.forEach((source, index) => {
    const at = path.child('sources').index(index);
    validateProjection(source, at, errors);
    if (source.serviceAccountToken) validateTokenPath(source.serviceAccountToken, path.child('path'), errors);
    for (const file of filesOf(source)) {
      if (paths.has(file))
        errors.push(fieldInvalid(path, source.secret?.name ?? source.configMap?.name ?? file, 'conflicting duplicate paths'));
      paths.add(file);
    }
  });
}

function validateProjection(source: VolumeProjection, path: FieldPath, errors: FieldError[]): void {
  let count = 0;
  for (const type of PROJECTIONS) {
    if (source[type] === undefined) continue;
    count++;
    (projectionChecks[type] as Check<unknown>)(source[type], path.child(type), errors);
  }
  if (count > 1) errors.push(fieldForbidden(path, 'may not specify more than 1 volume type per source'));
}

const PROJECTIONS = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate'] as const;

type ProjectionChecks = { readonly [T in (typeof PROJECTIONS)[number]]: Check<NonNullable<VolumeProjection[T]>> };

const projectionChecks: ProjectionChecks = {
  secret: validateNamedItems,
  configMap: validateNamedItems,
  downwardAPI: ({ items }, path, errors) => validateDownwardFiles(items, path, errors),
  serviceAccountToken: validateToken,
  clusterTrustBundle: validateTrustBundle,
  podCertificate({ signerName, keyType }, path, errors) {
    if (!signerName) errors.push(fieldRequired(path.child('signerName')));
    if (!keyType) errors.push(fieldRequired(path.child('keyType')));
  },
};

function validateNamedItems(source: { name?: string; items?: KeyToPath[] }, path: FieldPath, errors: FieldError[]): void {
  if (!source.name) errors.push(fieldRequired(path.child('name')));
  validateItems(source.items, path, errors);
}

function validateToken(token: ServiceAccountTokenProjection, path: FieldPath, errors: FieldError[]): void {
  const seconds = token.expirationSeconds ?? 0;
  if (seconds < MIN_TOKEN_SECONDS) {
    errors.push(fieldInvalid(path.child('expirationSeconds'), seconds, 'may not specify a duration less than 10 minutes'));
  }
  if (seconds > MAX_TOKEN_SECONDS) {
    errors.push(fieldInvalid(path.child('expirationSeconds'), seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
}

/** The API names the path in the volume, not in the source. */
function validateTokenPath(token: ServiceAccountTokenProjection, path: FieldPath, errors: FieldError[]): void {
  if (!token.path) errors.push(fieldRequired(path));
  else validateFilePath(token.path, path, errors);
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, path: FieldPath, errors: FieldError[]): void {
  if (bundle.name !== undefined && bundle.signerName !== undefined) {
    errors.push(fieldInvalid(path, bundle, 'only one of name and signerName may be used'));
  } else if (bundle.name !== undefined) errors.push(...validateByRule(bundle.name, isDns1123Subdomain, path.child('name')));
  else if (bundle.signerName !== undefined) errors.push(...validateByRule(bundle.signerName, isQualifiedName, path.child('signerName')));
  else errors.push(fieldRequired(path, 'either name or signerName must be specified'));
  errors.push(...validateLabelSelector(bundle.labelSelector, path.child('labelSelector')));
  if (!bundle.path) errors.push(fieldRequired(path.child('path')));
  else validateFilePath(bundle.path, path.child('path'), errors);
}

function filesOf(source: VolumeProjection): string[] {
  const items = source.secret?.items ?? source.configMap?.items ?? source.downwardAPI?.items ?? [];
  const single = source.serviceAccountToken?.path ?? source.clusterTrustBundle?.path;
  return [...items.map((item) => item.path), ...(single === undefined ? [] : [single])].filter(Boolean);
}
