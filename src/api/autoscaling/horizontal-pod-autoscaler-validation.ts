// TEMPORARY
export function validateHorizontalPodAutoscaler(..._: unknown[]): never[] { return []; }
export function validateHorizontalPodAutoscalerStatus(..._: unknown[]): never[] { return []; }
