import type { Container, Pod } from '#api/generated/core-v1.ts';
import { BackOff } from '../back-off.ts';
import type { AuthConfig, Image, ImageService, PodSandboxConfig } from '../cri/index.ts';
import type { PodObjects } from '../pod-objects.ts';
import { parseImageReference, withDefaultTag } from './image-reference.ts';
import { pullCredentials } from './pull-secrets.ts';

/** Why a container's image is not there; `reason` is what its status shows. */
class ImageError extends Error {
  readonly reason: string;
  /** When trying again makes sense, in milliseconds since 1970. */
  readonly retryAt: number | undefined;

  constructor(reason: string, message: string, retryAt?: number) {
    super(message);
    this.name = 'ImageError';
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

/** Builds or fetches an image where no registry answers. Resolves with whether the runtime has it now. */
export type ImageProvider = (image: string) => Promise<boolean>;

/** Writes an event about the container that needs the image. */
export type ImageEvent = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

export interface ImagePullerOptions {
  images: ImageService;
  objects: PodObjects;
  provider?: ImageProvider;
  /** Default: no registry can be reached, whatever a pull fails with. */
  isUnreachable?(error: unknown): boolean;
  now?: () => number;
  /** How long a registry may be silent before the provider is asked. */
  patienceMs?: number;
}

const DEFAULT_PATIENCE_MS = 1500;
/** A registry that could not be reached is not waited for again for this long. */
const UNREACHABLE_MS = 60_000;

interface Pulled {
  milliseconds: number;
  image: Image;
}

function seconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const minutes = Math.floor(milliseconds / 60_000);
  const rest = Number(((milliseconds % 60_000) / 1000).toFixed(3));
  return minutes === 0 ? `${rest}s` : `${minutes}m${rest}s`;
}

/** Stops waiting when the signal aborts; the pull itself goes on: others may want the image, too. */
async function untilAborted<T>(pull: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([pull, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** What a promise comes to, or nothing when that takes too long. */
async function orSilence(answer: Promise<string>, milliseconds: number): Promise<{ name?: string; error?: unknown }> {
  const silence = Promise.withResolvers<Record<string, never>>();
  const timer = setTimeout(() => silence.resolve({}), milliseconds);
  try {
    return await Promise.race([
      answer.then(
        (name) => ({ name }),
        (error: unknown) => ({ error }),
      ),
      silence.promise,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes containers' images available, by their pull policy. Pulls of the same image with the same credentials are one. */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #backOff: BackOff;
  readonly #now: () => number;
  readonly #pulling = new Map<string, Promise<Pulled>>();
  readonly #failures = new Map<string, string>();
  readonly #unreachable = new Map<string, number>();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#backOff = new BackOff({ now: this.#now });
  }

  /** Throws `ImageError`. */
  async ensure(pod: Pod, container: Container, sandbox: PodSandboxConfig, event: ImageEvent, signal: AbortSignal): Promise<Image> {
    const image = this.#name(container, event);
    const policy = container.imagePullPolicy ?? (image.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    const present = policy === 'Always' ? undefined : await this.#status(image, event);
    if (present !== undefined) {
      event('Normal', 'Pulled', `Container image "${container.image}" already present on machine and can be accessed by the pod`);
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${container.image}" is not present with pull policy of Never`;
      event('Warning', 'ErrImageNeverPull', message);
      throw new ImageError('ErrImageNeverPull', message);
    }
    return this.#pull(pod, container, image, sandbox, event, signal);
  }

  forget(podUid: string): void {
    this.#backOff.forgetPrefix(`${podUid}/`);
    for (const key of this.#failures.keys()) if (key.startsWith(`${podUid}/`)) this.#failures.delete(key);
  }

  #name(container: Container, event: ImageEvent): string {
    try {
      return withDefaultTag(container.image ?? '');
    } catch (error) {
      const { message } = error as Error;
      event('Warning', 'InspectFailed', message);
      throw new ImageError('InvalidImageName', message);
    }
  }

  async #status(image: string, event: ImageEvent): Promise<Image | undefined> {
    try {
      return await this.#options.images.imageStatus(image);
    } catch (error) {
      const message = `Failed to inspect image "${image}": ${(error as Error).message}`;
      event('Warning', 'InspectFailed', message);
      throw new ImageError('ImageInspectError', message);
    }
  }

  async #pull(
    pod: Pod,
    container: Container,
    image: string,
    sandbox: PodSandboxConfig,
    event: ImageEvent,
    signal: AbortSignal,
  ): Promise<Image> {
    const key = `${pod.metadata.uid}/${image}`;
    const waitUntil = this.#backOff.blockedUntil(key);
    if (waitUntil !== undefined) {
      const message = `Back-off pulling image "${container.image}": ${this.#failures.get(key) ?? ''}`;
      event('Normal', 'BackOff', message);
      throw new ImageError('ImagePullBackOff', message, waitUntil);
    }
    event('Normal', 'Pulling', `Pulling image "${container.image}"`);
    const started = this.#now();
    try {
      const pulled = await untilAborted(this.#pullOnce(pod, image, sandbox), signal);
      const waited = this.#now() - started;
      // A pull that others had begun before took this pod no longer than it waited.
      const took = Math.min(pulled.milliseconds, waited);
      const text = `Successfully pulled image "${container.image}" in ${seconds(took)} (${seconds(waited)} including waiting)`;
      event('Normal', 'Pulled', `${text}. Image size: ${pulled.image.size} bytes.`);
      this.#backOff.forget(key);
      return pulled.image;
    } catch (error) {
      signal.throwIfAborted();
      const { message } = error as Error;
      event('Warning', 'Failed', `Failed to pull image "${container.image}": ${message}`);
      this.#failures.set(key, `ErrImagePull: ${message}`);
      throw new ImageError('ErrImagePull', message, this.#backOff.fail(key));
    }
  }

  async #pullOnce(pod: Pod, image: string, sandbox: PodSandboxConfig): Promise<Pulled> {
    const reference = parseImageReference(image);
    const credentials = reference === undefined ? [] : await pullCredentials(pod, reference, this.#options.objects);
    const key = `${image} ${JSON.stringify(credentials)}`;
    let pulling = this.#pulling.get(key);
    if (pulling === undefined) {
      pulling = this.#fetch(image, reference?.registry ?? '', credentials, sandbox).finally(() => this.#pulling.delete(key));
      this.#pulling.set(key, pulling);
    }
    return pulling;
  }

  async #fetch(image: string, registry: string, credentials: readonly AuthConfig[], sandbox: PodSandboxConfig): Promise<Pulled> {
    const started = this.#now();
    const name = await this.#fromRegistryOrProvider(image, registry, credentials, sandbox);
    const found = (await this.#options.images.imageStatus(name)) ?? (await this.#options.images.imageStatus(image));
    if (found === undefined) throw new Error(`image ${image} is not there after it was pulled`);
    return { milliseconds: this.#now() - started, image: found };
  }

  /** Gives the registry a moment, then asks the provider beside it; whoever has the image first wins. */
  async #fromRegistryOrProvider(
    image: string,
    registry: string,
    credentials: readonly AuthConfig[],
    sandbox: PodSandboxConfig,
  ): Promise<string> {
    const { provider, patienceMs = DEFAULT_PATIENCE_MS } = this.#options;
    if (provider === undefined) return this.#fromRegistry(image, credentials, sandbox);
    const unreachableSince = this.#unreachable.get(registry);
    const lately = unreachableSince !== undefined && this.#now() - unreachableSince < UNREACHABLE_MS;
    if (lately && (await provider(image))) return image;
    // Left to itself when the provider is faster: its end tells whether the registry is back.
    const answer = this.#fromRegistry(image, credentials, sandbox).then((name) => {
      this.#unreachable.delete(registry);
      return name;
    });
    const first = await orSilence(answer, unreachableSince === undefined ? patienceMs : 0);
    if (first.name !== undefined) return first.name;
    if (first.error !== undefined && this.#options.isUnreachable?.(first.error) === false) throw first.error;
    this.#unreachable.set(registry, this.#now());
    if (!lately && (await provider(image))) return image;
    return answer;
  }

  async #fromRegistry(image: string, credentials: readonly AuthConfig[], sandbox: PodSandboxConfig): Promise<string> {
    let failure: unknown;
    for (const auth of credentials.length === 0 ? [undefined] : credentials) {
      try {
        return await this.#options.images.pullImage(image, auth, sandbox);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}
