export { makeEnvironment, type EnvironmentSources } from './environment.ts';
export { expand } from './expand.ts';
export { fieldValue, type NodeFacts } from './field-ref.ts';
export { resourceFieldValue } from './resource-field.ts';
