export { Aggregation, AGGREGATION_READS, type AggregationOptions } from './aggregation.ts';
