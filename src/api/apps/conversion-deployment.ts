// TEMPORARY
export const deploymentVersions: never[] = [];
