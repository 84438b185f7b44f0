import { EtcdError } from '../errors.ts';
import type { AlarmType } from '../types.ts';
import { header, type ServiceGround, TERM } from './identity.ts';
import { type Int64, toBigInt, toNumber } from './messages.ts';
import { type Service, stream, unary } from './method.ts';

/** The version of etcd whose API and behaviour this is. */
export const ETCD_VERSION = '3.5.21';

const FAILED_PRECONDITION = 9;
const ALARMS: (AlarmType | undefined)[] = [undefined, 'NOSPACE', 'CORRUPT'];
const ACTIVATE = 1;
const DEACTIVATE = 2;

export function maintenanceService(ground: ServiceGround): Service {
  const { etcd, identity } = ground;
  const head = () => header(identity, etcd.revision);
  return {
    Status: unary(() => status(ground)),
    Alarm: unary(async (request: { action: number; alarm: number }) => ({
      header: head(),
      alarms: await changeAlarms(ground, request),
    })),
    Defragment: unary(async () => {
      await etcd.defragment();
      return { header: head() };
    }),
    Hash: unary(async () => ({ header: head(), hash: await etcd.hash() })),
    HashKV: unary(async (request: { revision: Int64 }) => {
      const { hash, revision, compactRevision } = await etcd.hashKv(toNumber(request.revision));
      return { header: head(), hash, compact_revision: compactRevision, hash_revision: revision };
    }),
    Snapshot: stream(() => snapshotParts(ground)),
    MoveLeader: unary(() => {
      throw new EtcdError(FAILED_PRECONDITION, 'etcdserver: bad leader transferee');
    }),
  };
}

function status({ etcd, identity }: ServiceGround): object {
  const { revision, dbSize, dbSizeInUse, alarms } = etcd.status();
  return {
    header: header(identity, revision),
    version: ETCD_VERSION,
    dbSize,
    dbSizeInUse,
    leader: identity.memberId,
    raftIndex: revision,
    raftAppliedIndex: revision,
    raftTerm: TERM,
    errors: alarms.map((alarm) => `memberID:${BigInt.asUintN(64, toBigInt(identity.memberId))} alarm:${alarm} `),
  };
}

async function changeAlarms(ground: ServiceGround, request: { action: number; alarm: number }): Promise<object[]> {
  const { etcd, identity } = ground;
  const named = ALARMS[request.alarm];
  const before = etcd.status().alarms;
  const chosen = named === undefined ? before : [named];
  if (request.action === ACTIVATE) await Promise.all(chosen.map((alarm) => etcd.raise(alarm)));
  if (request.action === DEACTIVATE) await Promise.all(chosen.map((alarm) => etcd.disarm(alarm)));
  // Who disarms is told what has been disarmed, anybody else what is raised.
  const told = request.action === DEACTIVATE ? before.filter((alarm) => chosen.includes(alarm)) : etcd.status().alarms;
  return told.map((alarm) => ({ memberID: identity.memberId, alarm: ALARMS.indexOf(alarm) }));
}

async function* snapshotParts({ etcd, identity }: ServiceGround): AsyncGenerator<object> {
  for await (const { bytes, remaining } of etcd.snapshot())
    yield { header: header(identity, etcd.revision), remaining_bytes: remaining, blob: bytes };
}
