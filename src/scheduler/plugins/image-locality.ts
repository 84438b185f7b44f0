import { MAX_SCORE, type Plugin } from '../framework/plugin.ts';

const MEGABYTE = 1024 * 1024;
/** Sizes below do not matter, sizes above do not matter more. */
const LEAST = 23 * MEGABYTE;
const MOST = 1000 * MEGABYTE;

/** Nodes that have a pod's large images already are liked better. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  prepare({ pod }, cluster) {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const names = containers.map(({ image = '' }) => normalized(image));
    const spread = names.map((name) =>
      share(cluster.order.filter((node) => node.imageSize(name) !== undefined).length, cluster.order.length),
    );
    if (spread.every((part) => part === 0)) return undefined;
    return {
      score: {
        weight: 1,
        score(node) {
          const size = names.reduce((sum, name, index) => sum + (node.imageSize(name) ?? 0) * (spread[index] ?? 0), 0);
          const most = MOST * containers.length;
          return Math.floor(((Math.min(Math.max(size, LEAST), most) - LEAST) * MAX_SCORE) / (most - LEAST));
        },
      },
    };
  },
};

/** An image that few nodes have must not draw every pod to them. */
function share(having: number, all: number): number {
  return all === 0 ? 0 : having / all;
}

function normalized(image: string): string {
  const name = new Set(image.slice(image.lastIndexOf('/') + 1));
  return name.has(':') || name.has('@') ? image : `${image}:latest`;
}
