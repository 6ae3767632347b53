/** What a plan is about, one by one, as status.items has it. */
import { isoMillis } from '../../api/conditions.ts';
import { cutText } from '../../api/fit.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { Facts, PlannedMachine } from '../../domain/xapi/facts.ts';
import { priorityWhenSilent } from '../../domain/xapi/releasePlan.ts';

type Status = NonNullable<RecoveryRequest['status']>;
type ItemRecord = NonNullable<Status['items']>[number];

export function itemRecord(item: PlannedMachine, facts: Facts): ItemRecord {
  return {
    kind: item.kind,
    id: item.id,
    name: item.name,
    order: item.order,
    ...(item.delaySeconds === 0 ? {} : { delaySeconds: item.delaySeconds }),
    ...(item.priority === priorityWhenSilent ? {} : { priority: item.priority }),
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

/** etcd takes objects of 1.5 MiB. Before a record comes near that, what a restart does not need is left out of its items. */
const mostBytes = 1024 * 1024;
const itemsOfMany = 500;

/** Why one of these has its place leaves a person nothing to do. */
const isOnItsWay: ReadonlySet<string> = new Set(['Planned', 'Starting', 'Running', 'Serving']);

/** What is left out, one after the other until the record is small enough. */
const smaller: readonly ((item: ItemRecord) => ItemRecord)[] = [
  ({ name, why, hostName, ...item }) => ({
    ...item,
    name: cutText(name, 96),
    ...(hostName === undefined ? {} : { hostName: cutText(hostName, 96) }),
    ...(why === undefined ? {} : { why: cutText(why, 96) }),
  }),
  ({ hostName: _, ...item }) => item,
  ({ why, ...item }) =>
    why === undefined || (isOnItsWay.has(item.state) && item.onlyOn === undefined) ? item : { ...item, why },
  ({ name, ...item }) => ({ ...item, name: name.length > 24 ? `${name.slice(0, 23)}…` : name }),
];

export function smallEnough(status: Status): Status {
  let small = status;
  for (const less of smaller) {
    const { items = [] } = small;
    if (items.length < itemsOfMany || bytesOf(small) <= mostBytes) return small;
    small = { ...small, items: items.map(less) };
  }
  return small;
}

function bytesOf(status: Status): number {
  return new TextEncoder().encode(JSON.stringify(status)).length;
}
