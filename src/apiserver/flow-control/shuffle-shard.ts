/** A number of 32 bits, alike for like texts and spread evenly (FNV-1a, finished as MurmurHash3 is). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Deals a flow its hand: `handSize` different numbers below `queues`, the same for the same flow. Two flows hardly ever
 * have the whole hand in common, so that one which fills its queues leaves the other at least one.
 */
export function dealHand(flow: number, queues: number, handSize: number): number[] {
  const hand: number[] = [];
  let entropy = flow;
  while (hand.length < handSize) {
    entropy = mixed(entropy + 0x9e3779b9);
    const card = entropy % queues;
    if (!hand.includes(card)) hand.push(card);
  }
  return hand;
}
