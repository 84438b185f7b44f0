// TEMPORARY
export const statefulSetVersions: never[] = [];
