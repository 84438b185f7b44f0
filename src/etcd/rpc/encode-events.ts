import type { EtcdEvent } from '../types.ts';
import { wireEvent } from './convert.ts';
import { codec, type WireEvent } from './messages.ts';

const eventCodec = codec<WireEvent>('Event');
/** Field 11 of a WatchResponse: bytes with their length. */
const EVENTS = (11 << 3) | 2;

/** Events of one response, as they stand in it. */
export interface EventBlock {
  readonly events: readonly EtcdEvent[];
  readonly bytes: Buffer;
}

const known = { plain: new WeakMap<EtcdEvent, Buffer>(), withPrevious: new WeakMap<EtcdEvent, Buffer>() };
/** The newest blocks, for the watches that get the same; what is older is used where it is still on its way. */
const blocks: Record<'plain' | 'withPrevious', EventBlock[]> = { plain: [], withPrevious: [] };
const BLOCKS = 16;
/** Longer ones are not kept. */
const BLOCK_BYTES = 512 * 1024;

/** An event as a field of a response; the same bytes for all watches that want the same of it. */
export function eventField(event: EtcdEvent, withPrevious: boolean): Buffer {
  const fields = withPrevious ? known.withPrevious : known.plain;
  let field = fields.get(event);
  if (field === undefined) {
    const bytes = eventCodec.encode(wireEvent(event, withPrevious));
    field = Buffer.concat([tagAndLength(bytes.length), bytes]);
    fields.set(event, field);
  }
  return field;
}

function tagAndLength(length: number): Buffer {
  const bytes = [EVENTS];
  let rest = length;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** The fields of these events, joined once for all watches that get just these. */
export function eventBlock(events: readonly EtcdEvent[], withPrevious: boolean): EventBlock {
  const kept = withPrevious ? blocks.withPrevious : blocks.plain;
  const same = kept.find((block) => block.events.length === events.length && block.events.every((event, i) => event === events[i]));
  if (same !== undefined) return same;
  const fields = events.map((event) => eventField(event, withPrevious));
  const block = { events, bytes: fields.length === 1 ? (fields[0] as Buffer) : Buffer.concat(fields) };
  if (block.bytes.length > BLOCK_BYTES) return block;
  kept.unshift(block);
  if (kept.length > BLOCKS) kept.pop();
  return block;
}
