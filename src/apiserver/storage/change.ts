import { type EtcdEvent, type KeyValue, textOf } from '#etcd';
import type { StoredValue, StoreEvent } from './store.ts';

export function stored(kv: KeyValue): StoredValue {
  return { key: textOf(kv.key), value: kv.value, modRevision: kv.modRevision, createRevision: kv.createRevision };
}

/** An event as the API server sees it; the value before a put is read only if somebody asks. */
export class Change implements StoreEvent {
  readonly key: string;
  readonly #event: EtcdEvent;

  constructor(event: EtcdEvent) {
    this.key = textOf(event.key);
    this.#event = event;
  }

  get type(): 'put' | 'delete' {
    return this.#event.type;
  }

  get value(): Buffer {
    return this.#event.type === 'put' ? this.#event.value : (this.#event.previous?.value ?? this.#event.value);
  }

  get previous(): Buffer | undefined {
    return this.#event.type === 'put' ? this.#event.previous?.value : undefined;
  }

  get revision(): number {
    return this.#event.modRevision;
  }

  get created(): boolean {
    return this.#event.type === 'put' && this.#event.version === 1;
  }
}
