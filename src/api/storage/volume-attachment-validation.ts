// TEMPORARY
export function validateVolumeAttachment(..._: unknown[]): never[] { return []; }
export function validateVolumeAttachmentUpdate(..._: unknown[]): never[] { return []; }
