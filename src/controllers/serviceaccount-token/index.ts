import type { Secret, ServiceAccount } from '#api/generated/core-v1.ts';
import { isNotFound } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue } from '#client';
import { jwtSigner, legacyTokenClaims } from '#pki';
import type { ControllerContext } from '../context.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const BY_ACCOUNT = 'service-account';

/** Fills Secrets of type `kubernetes.io/service-account-token` with a token, and deletes those whose account has gone. */
export async function startServiceAccountTokenController(context: ControllerContext): Promise<void> {
  const { client, informers, signal, options } = context;
  if (!options.serviceAccountKey) return;
  const sign = jwtSigner(options.serviceAccountKey);
  const secrets = informers.get(resources.secrets);
  const accounts = informers.get(resources.serviceAccounts);
  const queue = new WorkQueue(signal);
  secrets.addIndex(BY_ACCOUNT, accountKey);
  const enqueue = (secret: Secret): void => void (secret.type === TYPE && queue.add(keyOf(secret)));
  secrets.addHandlers({ add: enqueue, update: enqueue });
  const enqueueSecretsOf = (account: ServiceAccount): void => {
    for (const secret of secrets.byIndex(BY_ACCOUNT, keyOf(account))) queue.add(keyOf(secret));
  };
  accounts.addHandlers({ add: enqueueSecretsOf, delete: enqueueSecretsOf });
  await runController({
    name: 'serviceaccount-token',
    queue,
    signal,
    informers: [secrets, accounts],
    async reconcile({ name, namespace }) {
      const secret = secrets.get(name, namespace);
      const accountName = secret?.metadata.annotations?.[NAME];
      if (secret?.type !== TYPE || !accountName || secret.metadata.deletionTimestamp) return;
      const account = accounts.get(accountName, namespace) ?? (await read(accountName, namespace));
      const wantedUid = secret.metadata.annotations?.[UID];
      if (!account || (wantedUid && wantedUid !== account.metadata.uid)) return remove(secret);
      const filled = fill(secret, account);
      if (filled) await client.resource(resources.secrets).update(filled);
    },
  });

  /** The informer may be behind: a Secret must not go because its account is new. */
  async function read(name: string, namespace: string): Promise<ServiceAccount | undefined> {
    try {
      return await client.resource(resources.serviceAccounts).get({ name, namespace });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function remove({ metadata }: Secret): Promise<void> {
    try {
      await client.resource(resources.secrets).delete(metadata, { preconditions: { uid: metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Undefined when nothing is missing. */
  function fill(secret: Secret, account: ServiceAccount): Secret | undefined {
    const { namespace = '', name } = account.metadata;
    const uid = account.metadata.uid ?? '';
    const data: Record<string, string> = { ...secret.data };
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    data['namespace'] = base64(namespace);
    if (options.rootCA) data['ca.crt'] = base64(options.rootCA);
    data['token'] ||= base64(sign(legacyTokenClaims({ namespace, name, uid }, secret.metadata.name)));
    const isComplete =
      Object.entries(data).every(([key, value]) => secret.data?.[key] === value) && secret.metadata.annotations?.[UID] === uid;
    if (isComplete) return undefined;
    return { ...secret, data, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [UID]: uid } } };
  }
}

function accountKey({ type, metadata }: Secret): string | undefined {
  const name = metadata.annotations?.[NAME];
  return type === TYPE && name ? `${metadata.namespace}/${name}` : undefined;
}
