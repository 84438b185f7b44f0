// TEMPORARY
export function validateCustomResourceDefinition(..._: unknown[]): never[] { return []; }
export function validateCustomResourceDefinitionStatus(..._: unknown[]): never[] { return []; }
export function validateCustomResourceDefinitionUpdate(..._: unknown[]): never[] { return []; }
