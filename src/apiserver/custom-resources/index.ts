export { CustomResources, type CustomResourcesOptions } from './custom-resources.ts';
export { definitionHooks } from './definition-hooks.ts';
