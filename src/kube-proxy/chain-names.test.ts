import { expect, test } from 'vitest';
import { endpointChain, isServiceChain, serviceChains } from './chain-names.ts';

test('the chains of services that every cluster has are named as in every cluster', () => {
  expect(serviceChains('default/kubernetes:https', 'tcp').cluster).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y');
  expect(serviceChains('kube-system/kube-dns:dns', 'udp').cluster).toBe('KUBE-SVC-TCOU7JCQXEZGVUNU');
  expect(serviceChains('kube-system/kube-dns:dns-tcp', 'tcp').cluster).toBe('KUBE-SVC-ERIFXISQEP7F7OF4');
  expect(serviceChains('kube-system/kube-dns:metrics', 'tcp').cluster).toBe('KUBE-SVC-JD5MR3NA4I4DYORP');
  expect(endpointChain('ns1/svc1:p80', 'tcp', '10.180.0.1:80')).toBe('KUBE-SEP-SXIVWICOYRO3J4NJ');
});

test('the chains of one port differ in their prefix only', () => {
  const { cluster, ...others } = serviceChains('default/kubernetes:https', 'tcp');
  const suffix = cluster.slice('KUBE-SVC-'.length);
  expect(others).toEqual({ local: `KUBE-SVL-${suffix}`, external: `KUBE-EXT-${suffix}`, firewall: `KUBE-FW-${suffix}` });
});

test('only names of this form are taken for our own', () => {
  expect(isServiceChain('KUBE-SVC-NPX46M4PTMTKRN6Y')).toBe(true);
  expect(['KUBE-SERVICES', 'KUBE-POD-FW-NPX46M4PTMTKRN6Y', 'KUBE-SVC-WEB', 'CNI-DN-123'].filter(isServiceChain)).toEqual([]);
});
