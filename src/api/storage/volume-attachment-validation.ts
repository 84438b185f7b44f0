import { fieldInvalid, fieldRequired, isDns1123Subdomain, root, validateByRule, validateImmutable, type FieldError } from '#apimachinery';
import { validateDriverName } from './csi-driver-validation.ts';
import type { VolumeAttachment } from '../generated/storage-v1.ts';

const specPath = root.child('spec');

/** What is wrong with an attachment on its own. */
export function validateVolumeAttachment({ spec }: VolumeAttachment): FieldError[] {
  const { attacher, source, nodeName } = spec;
  const errors = validateDriverName(attacher, specPath.child('attacher'));
  const sourcePath = specPath.child('source');
  if (source.persistentVolumeName === undefined && source.inlineVolumeSpec === undefined) {
    errors.push(fieldRequired(sourcePath, 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  }
  if (source.persistentVolumeName !== undefined && source.inlineVolumeSpec !== undefined) {
    errors.push(fieldInvalid(sourcePath, source, 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  }
  if (source.persistentVolumeName !== undefined) {
    errors.push(...validateByRule(source.persistentVolumeName, isDns1123Subdomain, sourcePath.child('persistentVolumeName')));
  }
  return [...errors, ...validateByRule(nodeName, isDns1123Subdomain, specPath.child('nodeName'))];
}

/** What is attached where stays as it is. */
export function validateVolumeAttachmentUpdate({ spec }: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  return validateImmutable(spec, old.spec, specPath);
}
