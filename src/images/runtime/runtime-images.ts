import { Client, credentials } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import protobuf from 'protobufjs';

/** The part of CRI v1 that tells which images there are. */
const PROTO = `
syntax = "proto3";
package runtime.v1;
message ImageSpec { string image = 1; }
message ImageFilter { ImageSpec image = 1; }
message Image { string id = 1; repeated string repo_tags = 2; repeated string repo_digests = 3; uint64 size = 4; }
message ListImagesRequest { ImageFilter filter = 1; }
message ListImagesResponse { repeated Image images = 1; }
message ImageStatusRequest { ImageSpec image = 1; }
message ImageStatusResponse { Image image = 1; }
`;

const { root } = protobuf.parse(PROTO);

/** An image that the kubelet can use. */
export interface RuntimeImage {
  id: string;
  repoTags: string[];
  repoDigests: string[];
  /** In bytes, as the runtime counts. */
  size: number;
}

const VISIBLE_MS = 5000;

/** Which images a container runtime has, as the kubelet will see them. */
export class RuntimeImages {
  readonly #client: Client;

  constructor(socket: string) {
    this.#client = new Client(`unix://${socket}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  async list(): Promise<RuntimeImage[]> {
    const { images } = await this.#call<{ images: RuntimeImage[] }>('ListImages', {});
    return images;
  }

  async find(image: string): Promise<RuntimeImage | undefined> {
    const { image: found } = await this.#call<{ image: RuntimeImage | null }>('ImageStatus', { image: { image } });
    return found ?? undefined;
  }

  /** containerd tells its CRI part about an import a moment later, and not when that is done: asks until it knows. */
  async untilVisible(image: string): Promise<void> {
    const deadline = performance.now() + VISIBLE_MS;
    while ((await this.find(image)) === undefined) {
      if (performance.now() > deadline) throw new Error(`the container runtime does not show ${image}, which was imported`);
      await sleep(5);
    }
  }

  close(): void {
    this.#client.close();
  }

  async #call<Response>(method: string, request: object): Promise<Response> {
    const requestType = root.lookupType(`runtime.v1.${method}Request`);
    const responseType = root.lookupType(`runtime.v1.${method}Response`);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/runtime.v1.ImageService/${method}`,
        (value: object) => Buffer.from(requestType.encode(requestType.fromObject(value)).finish()),
        (bytes: Buffer) => responseType.toObject(responseType.decode(bytes), { longs: Number, defaults: true, arrays: true }) as Response,
        request,
        (error, response) =>
          error === null && response !== undefined ? resolve(response) : reject(error ?? new Error(`${method} has no answer`)),
      );
    });
  }
}
