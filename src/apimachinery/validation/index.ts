export * from './addresses.ts';
export * from './dns.ts';
export * from './name-rule.ts';
export * from './names.ts';
export * from './object-meta.ts';
export * from './fields.ts';
export * from './label-selector.ts';
