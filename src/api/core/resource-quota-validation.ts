export function validateResourceQuota(..._: unknown[]): any { return []; }
export function validateResourceQuotaStatus(..._: unknown[]): any { return []; }
export function validateResourceQuotaUpdate(..._: unknown[]): any { return []; }
