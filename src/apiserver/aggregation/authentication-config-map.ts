import { isAlreadyExists, isConflict, isNotFound, objectEqual } from '#apimachinery';
import { resources, type Client } from '#client';
import type { ApiServerPki } from '../options.ts';

const KEY = { namespace: 'kube-system', name: 'extension-apiserver-authentication' };

/** What other API servers need to believe this one: whose client certificates are users', and whose are the front proxy's. */
export async function publishAuthentication(client: Client, pki: ApiServerPki): Promise<void> {
  const data = authenticationData(pki);
  const api = client.resource(resources.configMaps);
  try {
    const present = await api.get(KEY);
    if (objectEqual({ ...present.data, ...data }, present.data)) return;
    await api.update({ ...present, data: { ...present.data, ...data } });
  } catch (error) {
    if (isConflict(error)) return;
    if (!isNotFound(error)) throw error;
    await api.create({ metadata: { ...KEY }, data }).catch((failure: unknown) => {
      if (!isAlreadyExists(failure)) throw failure;
    });
  }
}

function authenticationData({ clientCa, requestHeader }: ApiServerPki): Record<string, string> {
  if (requestHeader === undefined) return { 'client-ca-file': clientCa };
  return {
    'client-ca-file': clientCa,
    'requestheader-allowed-names': JSON.stringify(requestHeader.allowedNames),
    'requestheader-client-ca-file': requestHeader.ca,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  };
}
