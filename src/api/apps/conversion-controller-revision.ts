import { replacedByApps } from './versions.ts';
import type { ControllerRevision } from '../generated/apps-v1.ts';
import type { ServedVersion } from '../kind-definition.ts';

/** The old versions of a ControllerRevision; they differ in their names only. */
export const controllerRevisionVersions: readonly ServedVersion<ControllerRevision>[] = [
  { version: 'v1beta2', deprecated: replacedByApps('ControllerRevision', 'v1.9') },
  { version: 'v1beta1', deprecated: replacedByApps('ControllerRevision', 'v1.8') },
];
