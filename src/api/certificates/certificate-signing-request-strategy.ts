// TEMPORARY
export function prepareApproval(..._: unknown[]): void {}
export function prepareCreate(..._: unknown[]): void {}
export function prepareStatus(..._: unknown[]): void {}
