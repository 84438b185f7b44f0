export function validateConfigMap(..._: unknown[]): any { return []; }
export function validateConfigMapUpdate(..._: unknown[]): any { return []; }
