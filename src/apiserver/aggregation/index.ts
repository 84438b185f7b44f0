export { aggregatedClient } from './aggregated-client.ts';
export { Aggregation, AGGREGATION_READS, type AggregationOptions } from './aggregation.ts';
