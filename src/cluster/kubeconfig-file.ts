import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The kubeconfig that kubectl would write to: the given one, else the first of $KUBECONFIG, else `~/.kube/config`. */
export function kubeconfigFile(given?: string): string {
  if (given !== undefined) return given;
  const first = process.env['KUBECONFIG']?.split(delimiter).find((file) => file !== '');
  return first ?? join(homedir(), '.kube', 'config');
}
