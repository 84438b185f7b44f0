// TEMPORARY
export function validateFlowSchema(..._: unknown[]): never[] { return []; }
export function validateFlowSchemaStatus(..._: unknown[]): never[] { return []; }
