// TEMPORARY
export const replicaSetVersions: never[] = [];
