/** The context's name in a kubeconfig: `skiff` for the default cluster, `skiff-ci` for one called ci. */
export function contextName(name: string): string {
  return name === 'skiff' ? 'skiff' : `skiff-${name}`;
}
