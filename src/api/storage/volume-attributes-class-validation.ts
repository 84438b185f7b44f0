// TEMPORARY
export function validateVolumeAttributesClass(..._: unknown[]): never[] { return []; }
export function validateVolumeAttributesClassUpdate(..._: unknown[]): never[] { return []; }
