export function validatePersistentVolume(..._: unknown[]): any { return []; }
export function validatePersistentVolumeUpdate(..._: unknown[]): any { return []; }
