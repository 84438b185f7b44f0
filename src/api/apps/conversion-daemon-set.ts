// TEMPORARY
export const daemonSetVersions: never[] = [];
