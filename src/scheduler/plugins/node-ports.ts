import type { Plugin } from '../framework/plugin.ts';

const REJECTION = { reason: "node(s) didn't have free ports for the requested pod ports", resolvable: true };

/** Host ports that a pod wants must be free on its node. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  prepare: ({ ports }) => (ports.length === 0 ? undefined : { filter: (node) => (node.hasConflict(ports) ? REJECTION : undefined) }),
};
