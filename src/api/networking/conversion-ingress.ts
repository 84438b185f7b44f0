// TEMPORARY
export const ingressVersions: never[] = [];
