import type { IncomingMessage } from 'node:http';

export interface SeenEvent {
  type: string;
  object: {
    kind?: string;
    apiVersion?: string;
    code?: number;
    reason?: string;
    metadata: { name?: string; resourceVersion?: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  } & Record<string, unknown>;
}

/** The events of a watch, read as they come. */
export class Watching {
  readonly response: IncomingMessage;
  readonly events: SeenEvent[] = [];
  ended = false;
  #rest = '';
  #check: () => void = () => undefined;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('close', () => {
      this.ended = true;
      this.#check();
    });
    response.on('error', () => undefined);
  }

  /** Resolves when so many events have come. */
  async count(number: number): Promise<SeenEvent[]> {
    await this.until(() => this.events.length >= number);
    return this.events;
  }

  async end(): Promise<SeenEvent[]> {
    await this.until(() => this.ended);
    return this.events;
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#check = () => {
        if (holds()) resolve();
        else if (this.ended) reject(new Error(`the watch ended with ${JSON.stringify(this.events)}`));
      };
      this.#check();
    });
  }

  /** `ADDED a`, `DELETED b` … */
  get story(): string[] {
    return this.events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
  }

  close(): void {
    this.response.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.events.push(JSON.parse(line) as SeenEvent);
    this.#check();
  }
}
