/** What a plan is about, one by one, as status.items has it. */
import { isoMillis } from '../../api/conditions.ts';
import { cutText } from '../../api/fit.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Facts, PlannedMachine } from '../../domain/xapi/facts.ts';

type Status = NonNullable<RecoveryRequest['status']>;
type ItemRecord = NonNullable<Status['items']>[number];

export function itemRecord(item: PlannedMachine, facts: Facts): ItemRecord {
  return {
    kind: item.kind,
    id: item.id,
    name: item.name,
    order: item.order,
    ...(item.delaySeconds === 0 ? {} : { delaySeconds: item.delaySeconds }),
    priority: item.priority,
    state: item.state,
    ...(item.host === undefined ? {} : { host: item.host, hostName: hostNameOf(item.host, facts) }),
    ...(item.onlyOn === undefined ? {} : { onlyOn: item.onlyOn }),
    ...(item.why === undefined ? {} : { why: item.why }),
    ...(item.attempts === 0 ? {} : { attempts: item.attempts }),
    ...(item.runningAtWallMs === undefined ? {} : { runningAt: isoMillis(item.runningAtWallMs) }),
  };
}

function hostNameOf(hostUUID: string, facts: Facts): string {
  const declared = facts.hosts.get(hostUUID)?.name;
  return (
    declared ??
    (facts.pool.kind === 'known' ? facts.pool.value.hosts.get(hostUUID)?.name : undefined) ??
    hostUUID
  );
}

/** etcd takes objects of 1.5 MiB; the words of many items are cut before the record comes near that. */
const mostBytes = 1024 * 1024;
const wordsOfMany = 96;

export function smallEnough(status: Status): Status {
  const items = status.items ?? [];
  if (items.length < 500 || new TextEncoder().encode(JSON.stringify(status)).length <= mostBytes)
    return status;
  return {
    ...status,
    items: items.map((item) => ({
      ...item,
      name: cutText(item.name, wordsOfMany),
      ...(item.why === undefined ? {} : { why: cutText(item.why, wordsOfMany) }),
      ...(item.hostName === undefined ? {} : { hostName: cutText(item.hostName, wordsOfMany) }),
    })),
  };
}
