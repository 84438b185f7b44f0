export * from './decode.ts';
export * from './field-set.ts';
export * from './path.ts';
