import { GrpcChannel, parseProtocol, type RuntimeEvent } from '../cri/index.ts';

const EVENTS_PROTO = `
syntax = "proto3";
package containerd.services.events.v1;
message Any { string type_url = 1; bytes value = 2; }
message Envelope { bytes timestamp = 1; string namespace = 2; string topic = 3; Any event = 4; }
message SubscribeRequest { repeated string filters = 1; }
service Events { rpc Subscribe(SubscribeRequest) returns (stream Envelope); }
message TaskStart { string container_id = 1; uint32 pid = 2; }
message TaskExit { string container_id = 1; string id = 2; uint32 pid = 3; uint32 exit_status = 4; }
message TaskOOM { string container_id = 1; }
`;

interface Envelope {
  topic: string;
  event: { value: Uint8Array } | null;
}

interface TaskEvent {
  containerId: string;
  id?: string;
}

const SERVICE = 'containerd.services.events.v1.Events';

/** The namespace in which containerd's CRI plugin keeps its containers. */
const FILTERS = ['/tasks/start', '/tasks/exit', '/tasks/oom'].map((topic) => `namespace==k8s.io,topic=="${topic}"`);

const MESSAGES: Record<string, { message: string; type: RuntimeEvent['type'] }> = {
  '/tasks/start': { message: 'TaskStart', type: 'started' },
  '/tasks/exit': { message: 'TaskExit', type: 'exited' },
  '/tasks/oom': { message: 'TaskOOM', type: 'oom' },
};

let protocol: ReturnType<typeof parseProtocol> | undefined;

/** containerd's own events: they tell of an exit at once, where its CRI face can only be asked. */
export async function* containerdEvents(socket: string, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  const root = (protocol ??= parseProtocol(EVENTS_PROTO));
  const channel = new GrpcChannel(socket, root);
  try {
    for await (const envelope of channel.stream<Envelope>(SERVICE, 'Subscribe', { filters: FILTERS }, signal)) {
      const known = MESSAGES[envelope.topic];
      if (known === undefined || envelope.event === null) continue;
      const type = root.lookupType(`containerd.services.events.v1.${known.message}`);
      const event = type.toObject(type.decode(envelope.event.value)) as TaskEvent;
      // The end of an exec'd process has an id of its own and changes nothing about the container.
      if (known.type === 'exited' && event.id !== event.containerId) continue;
      yield { containerId: event.containerId, type: known.type };
    }
  } finally {
    channel.close();
  }
}
