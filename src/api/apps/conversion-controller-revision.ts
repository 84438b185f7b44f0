// TEMPORARY
export const controllerRevisionVersions: never[] = [];
