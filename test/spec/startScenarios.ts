import type { Facts, PlannedMachine, StartFacts } from '../../src/domain/xapi/facts.ts';
import type { StartVerdict } from '../../src/domain/xapi/startIsSafe.ts';
import {
  diskOf,
  heldByTarget,
  hostUUID,
  lock,
  machine,
  notRead,
  read,
  silent,
  target,
  unlocked,
  vmUUID,
  type World,
} from './facts.ts';

/** One rule about one condition of a start: of the database server, on its planned host, with everything else right. */
export interface StartScenario {
  readonly condition: string;
  readonly rule: string;
  readonly change: (world: World) => World;
  readonly verdict: StartVerdict['kind'] | 'elsewhere';
  readonly says: RegExp;
}

export function planned(change: (world: World) => World): {
  readonly facts: Facts;
  readonly item: PlannedMachine;
  readonly reading: StartFacts;
} {
  const { facts } = change(unlocked());
  const item = facts.plan?.items.find((one) => one.name === 'database');
  const reading = facts.starts.get(vmUUID('database'));
  if (item === undefined || reading === undefined) throw new Error('this world starts no database');
  return { facts, item, reading };
}

function plannedHost(world: World): string {
  return world.facts.plan?.items.find((item) => item.name === 'database')?.host ?? '';
}

function otherHost(world: World): string {
  return [1, 2, 4].map(hostUUID).find((uuid) => uuid !== plannedHost(world)) ?? '';
}

const halted = machine('database', { powerState: 'Halted', residentOn: undefined });

export const startScenarios: readonly StartScenario[] = [
  {
    condition: 'isNotDeclaredHalted',
    rule: 'refuses what was declared Halted after the plan was made',
    change: (world) => world.declared('database', { powerState: 'Halted' }),
    verdict: 'deny',
    says: /declared Halted/,
  },
  {
    condition: 'isAtItsOnlyPlace',
    rule: 'refuses every host but the one to which it was being moved',
    change: (world) => world.item('database', { onlyOn: otherHost(world) }),
    verdict: 'deny',
    says: /may run on host-\d already.*Look there/,
  },
  {
    condition: 'isAtItsOnlyPlace',
    rule: 'refuses every host when nobody can tell where it was being moved',
    change: (world) => world.item('database', { onlyOn: 'nowhere' }),
    verdict: 'deny',
    says: /may run on another host already/,
  },
  {
    condition: 'isHalted',
    rule: 'refuses to start what the pool has as Suspended: its memory would be lost',
    change: (world) => world.start('database', { record: read({ ...halted, powerState: 'Suspended' }) }),
    verdict: 'deny',
    says: /Suspended.*somebody else acted/,
  },
  {
    condition: 'isHalted',
    rule: 'waits while the member still holds it, instead of giving it up (a record read too early failed it for good)',
    change: (world) =>
      world.start('database', { record: read({ ...halted, powerState: 'Running', residentOn: target }) }),
    verdict: 'unknown',
    says: /has not released database yet/,
  },
  {
    condition: 'isLeftAlone',
    rule: 'waits while somebody else does something with it',
    change: (world) => world.start('database', { record: read({ ...halted, currentOperations: ['clone'] }) }),
    verdict: 'unknown',
    says: /Something else is being done with database/,
  },
  {
    condition: 'isLeftAlone',
    rule: 'waits while somebody else is starting it',
    change: (world) =>
      world.start('database', { record: read({ ...halted, scheduledOn: plannedHost(world) }) }),
    verdict: 'unknown',
    says: /Something else is being done/,
  },
  {
    condition: 'disksAreWhole',
    rule: 'refuses a disk with interrupted storage work',
    change: (world) =>
      world.start('database', { locks: read([{ ...lock('database'), interruptedWork: ['relinking'] }]) }),
    verdict: 'deny',
    says: /interrupted \(relinking\).*storage administrator/,
  },
  {
    condition: 'disksAreWhole',
    rule: 'refuses when the pool does not know a disk of its record',
    change: (world) => world.start('database', { locks: read([]) }),
    verdict: 'deny',
    says: /no longer knows its disk disk-database/,
  },
  {
    condition: 'disksAreWhole',
    rule: 'looks at the disks of the record that was just read, not at those of the plan',
    change: (world) =>
      world.start('database', {
        record: read({ ...halted, disks: [{ vdiUUID: diskOf('new'), srUUID: 'sr-shared', mode: 'RW' }] }),
      }),
    verdict: 'deny',
    says: /disk-new/,
  },
  {
    condition: 'disksAreHeldByNobody',
    rule: 'refuses a disk that the failed member still holds for writing, naming it',
    change: (world) => world.start('database', { locks: read([lock('database', heldByTarget)]) }),
    verdict: 'deny',
    says: /held for writing by host-3/,
  },
  {
    condition: 'disksAreHeldByNobody',
    rule: 'refuses a disk that another member holds for writing, naming it',
    change: (world) =>
      world.start('database', { locks: read([lock('database', { 'OpaqueRef:host-4': 'RW' })]) }),
    verdict: 'deny',
    says: /held for writing by host-4/,
  },
  {
    condition: 'disksAreHeldByNobody',
    rule: 'does not mind the lock of a host that the pool has forgotten: the storage takes it off by itself',
    change: (world) =>
      world.start('database', { locks: read([lock('database', { 'OpaqueRef:nobody-knows': 'RW' })]) }),
    verdict: 'allow',
    says: /^$/,
  },
  {
    condition: 'disksAreHeldByNobody',
    rule: 'leaves the lock of the host that it may already run on to that host, which is the one that is asked',
    change: (world) =>
      world.item('database', { host: hostUUID(4), onlyOn: hostUUID(4) }).start('database', {
        locks: read([lock('database', { 'OpaqueRef:host-4': 'RW' })]),
        bootOn: hostUUID(4),
      }),
    verdict: 'allow',
    says: /^$/,
  },
  {
    condition: 'disksAreHeldByNobody',
    rule: 'does not mind a disk that others hold for reading',
    change: (world) =>
      world.start('database', { locks: read([lock('database', { 'OpaqueRef:host-2': 'RO' })]) }),
    verdict: 'allow',
    says: /^$/,
  },
  {
    condition: 'disksAreHeldByNobody',
    rule: 'waits when the locks were read more than 10 s ago',
    change: (world) => world.start('database', { locks: read([lock('database')], 10_001) }),
    verdict: 'unknown',
    says: /storage locks of database was last read/,
  },
  {
    condition: 'disksAreHeldByNobody',
    rule: 'waits when the locks could not be read',
    change: (world) => world.start('database', { locks: notRead }),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    condition: 'hostIsFit',
    rule: 'looks for another host when the planned one is in Maintenance now',
    change: (world) => world.declaredHost(plannedHost(world), 'Maintenance'),
    verdict: 'elsewhere',
    says: /not in service/,
  },
  {
    condition: 'hostIsFit',
    rule: 'looks for another host when the planned one is disabled now',
    change: (world) => world.host(plannedHost(world), { enabled: false }),
    verdict: 'elsewhere',
    says: /is disabled/,
  },
  {
    condition: 'hostIsFit',
    rule: 'looks for another host when the planned one does not answer',
    change: (world) => world.answer(plannedHost(world), silent),
    verdict: 'elsewhere',
    says: /does not answer/,
  },
  {
    condition: 'hostIsFit',
    rule: 'waits when it is not known whether the planned host answers',
    change: (world) => world.answer(plannedHost(world), notRead),
    verdict: 'unknown',
    says: /could not be read/,
  },
  {
    condition: 'hostIsFit',
    rule: 'never starts anything on the failed member itself',
    change: (world) => world.item('database', { host: target }),
    verdict: 'elsewhere',
    says: /no member that could take it/,
  },
  {
    condition: 'hostIsFit',
    rule: 'waits while the database of the pool is not current',
    change: (world) => world.poolReadAgo(61_000),
    verdict: 'unknown',
    says: /last read more than 60 s ago/,
  },
  {
    condition: 'hostTakesIt',
    rule: 'looks for another host when the planned one refuses it',
    change: (world) =>
      world.start('database', {
        boot: read({ kind: 'no', code: 'HOST_NOT_ENOUGH_FREE_MEMORY', says: 'not enough memory' }),
      }),
    verdict: 'elsewhere',
    says: /refuses it: not enough memory \(HOST_NOT_ENOUGH_FREE_MEMORY\)/,
  },
  {
    condition: 'hostTakesIt',
    rule: 'does not take the consent of the host before for that of the one it was moved to',
    change: (world) => world.start('database', { bootOn: 'the host before' }),
    verdict: 'unknown',
    says: /new host of database has not been asked/,
  },
  {
    condition: 'hostTakesIt',
    rule: 'waits when the planned host has not been asked',
    change: (world) => world.start('database', { boot: notRead }),
    verdict: 'unknown',
    says: /could not be read/,
  },
];
