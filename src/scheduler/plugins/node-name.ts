import type { Plugin } from '../framework/plugin.ts';

const REJECTION = { reason: "node(s) didn't match the requested node name", resolvable: false };

/** A pod that names its node goes there or nowhere. */
export const nodeName: Plugin = {
  name: 'NodeName',
  prepare({ pod }) {
    const wanted = pod.spec.nodeName;
    if (wanted === undefined || wanted === '') return undefined;
    return { filter: (node) => (node.name === wanted ? undefined : REJECTION) };
  },
};
