import type { RuntimeService } from './cri/index.ts';

/** What the runtime says about itself and about its network, asked for no more often than needed. */
export class NetworkStatus {
  readonly #runtime: RuntimeService;
  #ready = false;

  constructor(runtime: RuntimeService) {
    this.#runtime = runtime;
  }

  /** Whether pods can get addresses. Once they could, they are taken to until something changes. */
  async check(): Promise<{ ready: boolean; message: string }> {
    if (this.#ready) return { ready: true, message: '' };
    const conditions = await this.#runtime.status();
    const network = conditions.find(({ type }) => type === 'NetworkReady');
    this.#ready = network?.status === true;
    const { reason = '', message = '' } = network ?? {};
    return { ready: this.#ready, message: `container runtime network not ready: NetworkReady=false reason:${reason} message:${message}` };
  }

  changed(): void {
    this.#ready = false;
  }

  /** What keeps the node from being ready. */
  async problems(): Promise<string[]> {
    try {
      const conditions = await this.#runtime.status();
      const problems: string[] = [];
      const runtime = conditions.find(({ type }) => type === 'RuntimeReady');
      if (runtime?.status !== true) problems.push(`container runtime is down: ${runtime?.message ?? ''}`);
      const network = conditions.find(({ type }) => type === 'NetworkReady');
      this.#ready = network?.status === true;
      if (!this.#ready)
        problems.push(
          `container runtime network not ready: NetworkReady=false reason:${network?.reason ?? ''} message:${network?.message ?? ''}`,
        );
      return problems;
    } catch (error) {
      return [`container runtime status check may not have completed yet: ${(error as Error).message}`];
    }
  }
}
