import {
  fieldInvalid,
  fieldRequired,
  isDns1123Label,
  isDns1123Subdomain,
  isDns1123SubdomainWithUnderscore,
  isIPAddress,
  validateByRule,
  validateEnum,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { PodDNSConfig, PodSpec } from '../../generated/core-v1.ts';

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

/** Checks a pod's names, and how it finds others'. */
export function validatePodNetwork(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  errors.push(...validateEnum(spec.dnsPolicy, DNS_POLICIES, path.child('dnsPolicy')));
  validateDnsConfig(spec, path.child('dnsConfig'), errors);
  if (spec.hostname) errors.push(...validateByRule(spec.hostname, isDns1123Label, path.child('hostname')));
  if (spec.subdomain) errors.push(...validateByRule(spec.subdomain, isDns1123Label, path.child('subdomain')));
  if (spec.hostnameOverride) validateHostnameOverride(spec, spec.hostnameOverride, path, errors);
  spec.hostAliases?.forEach(({ ip, hostnames }, index) => {
    const at = path.child('hostAliases').index(index);
    errors.push(...validateByRule(ip ?? '', isIPAddress, at.child('ip')));
    hostnames?.forEach((hostname, nth) => errors.push(...validateByRule(hostname, isDns1123Subdomain, at.child('hostnames').index(nth))));
  });
}

function validateHostnameOverride(spec: PodSpec, name: string, path: FieldPath, errors: FieldError[]): void {
  const at = path.child('hostnameOverride');
  errors.push(...validateByRule(name, isDns1123Subdomain, at));
  if (name.length > 64) errors.push(fieldInvalid(at, name, 'must be no more than 64 characters'));
  if (spec.hostNetwork) errors.push(fieldInvalid(at, name, "may not be specified when 'hostNetwork' is true"));
  if (spec.setHostnameAsFQDN) errors.push(fieldInvalid(at, name, "may not be specified when 'setHostnameAsFQDN' is true"));
}

function validateDnsConfig({ dnsPolicy, dnsConfig }: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) errors.push(fieldRequired(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    else if (!dnsConfig.nameservers?.length) {
      errors.push(fieldRequired(path.child('nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
    }
  }
  if (!dnsConfig) return;
  const nameservers = dnsConfig.nameservers ?? [];
  if (nameservers.length > MAX_NAMESERVERS) {
    errors.push(fieldInvalid(path.child('nameservers'), nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  }
  nameservers.forEach((ip, index) => errors.push(...validateByRule(ip, isIPAddress, path.child('nameservers').index(index))));
  validateSearches(dnsConfig, path.child('searches'), errors);
  dnsConfig.options?.forEach(({ name }, index) => {
    if (!name) errors.push(fieldRequired(path.child('options').index(index), 'must not be empty'));
  });
}

function validateSearches({ searches = [] }: PodDNSConfig, path: FieldPath, errors: FieldError[]): void {
  if (searches.length > MAX_SEARCHES) errors.push(fieldInvalid(path, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const text = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`;
    errors.push(fieldInvalid(path, searches, text));
  }
  searches.forEach((search, index) => {
    // The root of all domains is a search path that turns searching off.
    if (search === '.') return;
    errors.push(...validateByRule(search.replace(/\.$/, ''), isDns1123SubdomainWithUnderscore, path.index(index)));
  });
}

/** On the host's network a container has the port of the host. In a template the host's may be left out. */
export function validateHostNetworkPorts(spec: PodSpec, inTemplate: boolean, path: FieldPath, errors: FieldError[]): void {
  if (!spec.hostNetwork) return;
  spec.containers?.forEach(({ ports = [] }, index) => {
    ports.forEach(({ containerPort, hostPort = 0 }, portIndex) => {
      if (hostPort === containerPort || (inTemplate && hostPort === 0)) return;
      const at = path.child('containers').index(index).child('ports').index(portIndex).child('hostPort');
      errors.push(fieldInvalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    });
  });
}
