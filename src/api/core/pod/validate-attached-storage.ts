import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  isDns1123Subdomain,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { AzureDiskVolumeSource, FCVolumeSource, NFSVolumeSource } from '../../generated/core-v1.ts';
import { validateNoBacksteps } from './validate-paths.ts';
import type { Check, VolumeChecks } from './volume-checks.ts';

/** Checks of the sources that are attached to a node over a network or by a cloud. */
export const attachedStorageChecks = {
  nfs: validateNfs,
  iscsi: validateIscsi,
  fc: validateFc,
  azureDisk: validateAzureDisk,
  csi(source, path, errors) {
    validateDriverName(source.driver, path.child('driver'), errors);
    if (source.nodePublishSecretRef && !source.nodePublishSecretRef.name) {
      errors.push(fieldRequired(path.child('nodePublishSecretRef', 'name')));
    }
  },
  gcePersistentDisk({ pdName, partition = 0 }, path, errors) {
    if (!pdName) errors.push(fieldRequired(path.child('pdName')));
    validatePartition(partition, path, errors);
  },
  awsElasticBlockStore({ volumeID, partition = 0 }, path, errors) {
    if (!volumeID) errors.push(fieldRequired(path.child('volumeID')));
    validatePartition(partition, path, errors);
  },
  flocker({ datasetName, datasetUUID }, path, errors) {
    if (!datasetName && !datasetUUID) errors.push(fieldRequired(path, 'one of datasetName and datasetUUID is required'));
    if (datasetName && datasetUUID) {
      errors.push(fieldInvalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
    }
    if (datasetName?.includes('/')) errors.push(fieldInvalid(path.child('datasetName'), datasetName, "must not contain '/'"));
  },
  flexVolume: validateFlex,
  glusterfs: required('endpoints', 'path'),
  rbd: required('monitors', 'image'),
  cephfs: required('monitors'),
  cinder: required('volumeID'),
  quobyte: required('registry', 'volume'),
  vsphereVolume: required('volumePath'),
  photonPersistentDisk: required('pdID'),
  portworxVolume: required('volumeID'),
  azureFile: required('secretName', 'shareName'),
  scaleIO: required('gateway', 'system', 'volumeName'),
  storageos: required('volumeName'),
} as const satisfies VolumeChecks;

/** Makes the check that fields are there and not empty. */
function required<Field extends string>(...fields: readonly Field[]): Check<{ [F in Field]?: unknown }> {
  return (source, path, errors) => {
    for (const field of fields) {
      const value = source[field];
      if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0))
        errors.push(fieldRequired(path.child(field)));
    }
  };
}

/** Checks a CSI driver's name: like a host name, capitals allowed. */
export function validateDriverName(driver: string | undefined, path: FieldPath, errors: FieldError[]): void {
  if (!driver) errors.push(fieldRequired(path));
  else {
    if (driver.length > 63) errors.push(fieldTooLong(path, 63));
    for (const text of isDns1123Subdomain(driver.toLowerCase())) errors.push(fieldInvalid(path, driver, text));
  }
}

function validateNfs({ server, path: directory }: NFSVolumeSource, path: FieldPath, errors: FieldError[]): void {
  if (!server) errors.push(fieldRequired(path.child('server')));
  if (!directory) errors.push(fieldRequired(path.child('path')));
  else if (!directory.startsWith('/')) errors.push(fieldInvalid(path.child('path'), directory, 'must be an absolute path'));
}

interface Iscsi {
  targetPortal: string;
  iqn: string;
  lun: number;
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  secretRef?: { name?: string };
}

function validateIscsi(source: Iscsi, path: FieldPath, errors: FieldError[]): void {
  if (!source.targetPortal) errors.push(fieldRequired(path.child('targetPortal')));
  if (!source.iqn) errors.push(fieldRequired(path.child('iqn')));
  else if (!/^(iqn\.|eui\.|naa\.)/.test(source.iqn)) {
    errors.push(fieldInvalid(path.child('iqn'), source.iqn, 'must be valid format starting with iqn, eui, or naa'));
  }
  const { lun } = source;
  if (lun < 0 || lun > 255) errors.push(fieldInvalid(path.child('lun'), lun, 'must be between 0 and 255, inclusive'));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) errors.push(fieldRequired(path.child('secretRef')));
  if (source.secretRef && !source.secretRef.name) errors.push(fieldRequired(path.child('secretRef', 'name')));
}

function validateFc({ targetWWNs, wwids, lun }: FCVolumeSource, path: FieldPath, errors: FieldError[]): void {
  const targets = targetWWNs?.length ?? 0;
  const ids = wwids?.length ?? 0;
  if (targets === 0 && ids === 0)
    errors.push(fieldRequired(path.child('targetWWNs'), 'must specify either targetWWNs or wwids, but not both'));
  if (targets > 0 && ids > 0) {
    errors.push(fieldInvalid(path.child('targetWWNs'), targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (targets === 0) return;
  if (lun === undefined) errors.push(fieldRequired(path.child('lun'), 'lun is required if targetWWNs is specified'));
  else if (lun < 0 || lun > 255) errors.push(fieldInvalid(path.child('lun'), lun, 'must be between 0 and 255, inclusive'));
}

function validateAzureDisk(disk: AzureDiskVolumeSource, path: FieldPath, errors: FieldError[]): void {
  required('diskName', 'diskURI')(disk, path, errors);
  const modes = ['None', 'ReadOnly', 'ReadWrite'];
  if (disk.cachingMode !== undefined && !modes.includes(disk.cachingMode)) {
    errors.push(fieldNotSupported(path.child('cachingMode'), disk.cachingMode, modes));
  }
  const kinds = ['Dedicated', 'Managed', 'Shared'];
  if (disk.kind !== undefined && !kinds.includes(disk.kind)) errors.push(fieldNotSupported(path.child('kind'), disk.kind, kinds));
}

interface Flex {
  driver: string;
  options?: Record<string, string>;
}

function validateFlex({ driver, options }: Flex, path: FieldPath, errors: FieldError[]): void {
  if (!driver) errors.push(fieldRequired(path.child('driver')));
  for (const key in options) {
    const domain = key.split('/')[0] ?? '';
    if (!/(^|\.)(kubernetes|k8s)\.io$/.test(domain)) continue;
    const at = path.child('options').key(key);
    errors.push(fieldInvalid(at, key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
}

function validatePartition(partition: number, path: FieldPath, errors: FieldError[]): void {
  if (partition < 0 || partition > 255)
    errors.push(fieldInvalid(path.child('partition'), partition, 'must be between 0 and 255, inclusive'));
}

/** Checks a directory or disk of one node, which only persistent volumes can be. */
export function validateLocalVolume(source: { path: string }, path: FieldPath, errors: FieldError[]): void {
  if (!source.path) errors.push(fieldRequired(path.child('path')));
  else validateNoBacksteps(source.path, path.child('path'), errors);
}
