/** What one try of a probe came to; `output` is for the event. `unknown`: the try itself went wrong. */
export interface ProbeResult {
  result: 'success' | 'failure' | 'unknown';
  output: string;
}

export const success = (output = ''): ProbeResult => ({ result: 'success', output });
export const failure = (output: string): ProbeResult => ({ result: 'failure', output });
export const unknown = (output: string): ProbeResult => ({ result: 'unknown', output });
