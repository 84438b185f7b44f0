import { convertTo } from '../conversion.ts';
import type { Ingress, IngressBackend, IngressRule, IngressSpec } from '../generated/networking-v1.ts';
import type {
  Ingress as OldIngress,
  IngressBackend as OldBackend,
  IngressRule as OldRule,
  IngressSpec as OldSpec,
} from '../generated/networking-v1beta1.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** `serviceName` and `servicePort` became `service.name` and `service.port.{name,number}`. */
function backendToV1({ serviceName, servicePort, resource }: OldBackend): IngressBackend {
  const backend: IngressBackend = resource === undefined ? {} : { resource };
  if (!serviceName && !servicePort) return backend;
  const port = typeof servicePort === 'number' ? { number: servicePort } : servicePort ? { name: servicePort } : {};
  return { ...backend, service: { name: serviceName ?? '', port } };
}

function backendFromV1({ service, resource }: IngressBackend): OldBackend {
  const rest = resource === undefined ? {} : { resource };
  if (service === undefined) return { ...rest, servicePort: 0 };
  return { ...rest, serviceName: service.name, servicePort: service.port?.name || (service.port?.number ?? 0) };
}

/** Paths had no type: it was for the controller to say what they mean. */
function ruleToV1({ http, ...rule }: OldRule): IngressRule {
  if (http === undefined) return rule;
  const paths = (http.paths ?? []).map((path) => ({
    ...path,
    pathType: path.pathType ?? 'ImplementationSpecific',
    backend: backendToV1(path.backend ?? { servicePort: 0 }),
  }));
  return { ...rule, http: { ...http, paths } };
}

function ruleFromV1({ http, ...rule }: IngressRule): OldRule {
  if (http === undefined) return rule;
  const paths = (http.paths ?? []).map((path) => ({ ...path, backend: backendFromV1(path.backend) }));
  return { ...rule, http: { ...http, paths } };
}

function toV1(object: KubeObject): Ingress {
  const { backend, rules, ...rest } = (object as OldIngress).spec ?? {};
  const spec: IngressSpec = { ...rest };
  if (backend !== undefined) spec.defaultBackend = backendToV1(backend);
  if (rules !== undefined) spec.rules = rules.map(ruleToV1);
  return convertTo<Ingress>('networking.k8s.io/v1', object, { spec });
}

function fromV1(apiVersion: string, object: Ingress): KubeObject {
  const { defaultBackend, rules, ...rest } = object.spec ?? {};
  const spec: OldSpec = { ...rest };
  if (defaultBackend !== undefined) spec.backend = backendFromV1(defaultBackend);
  if (rules !== undefined) spec.rules = rules.map(ruleFromV1);
  return convertTo<OldIngress>(apiVersion, object, { spec });
}

const use = 'networking.k8s.io/v1 Ingress';

/** The old versions of an Ingress. */
export const ingressVersions: readonly ServedVersion<Ingress>[] = [
  {
    version: 'v1beta1',
    deprecated: { since: 'v1.19', removedIn: 'v1.22', use },
    toStorage: toV1,
    fromStorage: (object) => fromV1('networking.k8s.io/v1beta1', object),
  },
  {
    group: 'extensions',
    version: 'v1beta1',
    deprecated: { since: 'v1.14', removedIn: 'v1.22', use },
    toStorage: toV1,
    fromStorage: (object) => fromV1('extensions/v1beta1', object),
  },
];
