export function validateReplicationController(..._: unknown[]): any { return []; }
export function validateReplicationControllerStatus(..._: unknown[]): any { return []; }
