import type { APIService, APIServiceCondition } from '#api/generated/apiregistration-v1.ts';
import type { Service } from '#api/generated/core-v1.ts';
import type { ObjectReader } from '../types.ts';
import { endpointsOf, hostPort, transportText } from '../webhooks/index.ts';
import type { RemoteServers } from './remote-server.ts';
import type { Verdict } from './verdict.ts';

const SERVICES = { group: '', resource: 'services' };
const SLICES = { group: 'discovery.k8s.io', resource: 'endpointslices' };
const CHECK_TIMEOUT_MS = 5000;

/** What is always so of a group-version that this server serves itself. */
export const LOCAL: Verdict = { status: 'True', reason: 'Local', message: 'Local APIServices are always available' };

/** What the service and its endpoints tell; undefined when there is somebody who could be asked. */
export function checkService({ spec }: APIService, reader: ObjectReader): Verdict | undefined {
  const { namespace = '', name = '', port = 443 } = spec.service ?? {};
  const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });
  const service = reader.get(SERVICES, namespace, name) as Service | undefined;
  if (service === undefined) return no('ServiceNotFound', `service/${name} in "${namespace}" is not present`);
  if (service.spec.type === 'ExternalName') return undefined;
  const servicePort = service.spec.ports?.find((item) => item.port === port);
  if (servicePort === undefined) return no('ServicePortError', `service/${name} in "${namespace}" is not listening on port ${port}`);
  if (endpointsOf(reader, namespace, name, servicePort.name ?? '').length > 0) return undefined;
  const hasSlices = [...reader.list(SLICES, namespace)].some(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
  if (!hasSlices) return no('EndpointsNotFound', `cannot find endpointslices for service/${name} in "${namespace}"`);
  return no(
    'MissingEndpoints',
    `endpoints for service/${name} in "${namespace}" have no addresses with port name "${servicePort.name ?? ''}"`,
  );
}

/** Asks the server itself: whoever answers for the group-version is there. */
export async function checkDiscovery(service: APIService, servers: RemoteServers, stopping: AbortSignal): Promise<Verdict> {
  const path = `/apis/${service.spec.group}/${service.spec.version}`;
  const deadline = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  let url = path;
  try {
    const { host, port } = servers.address(service);
    url = `https://${hostPort(host, port)}${path}`;
    const { code } = await servers.get(service, path, 'application/json', AbortSignal.any([deadline, stopping]));
    if (code >= 200 && code < 300) return { status: 'True', reason: 'Passed', message: 'all checks passed' };
    return failed(url, `bad status from ${url}: ${code}`);
  } catch (error) {
    const why = deadline.aborted ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : transportText(error);
    return failed(url, `Get "${url}": ${why}`);
  }
}

function failed(url: string, why: string): Verdict {
  return { status: 'False', reason: 'FailedDiscoveryCheck', message: `failing or missing response from ${url}: ${why}` };
}

/** The condition as it stands in the object. */
export function availableOf({ status }: APIService): APIServiceCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Available');
}
