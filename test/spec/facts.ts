/**
 * A world to start from, in the field's words: a pool of four, whose member host-3 has been silent for an hour while its
 * master host-1 has been up for days. ReleaseMember proceeds in it, and each stage of it has its own beginning. A test
 * takes a stage, changes the one thing that it is about, and asks.
 */
import { certify } from '../../src/domain/fence/certificate.ts';
import type { Attestation, Entry } from '../../src/domain/kernel/facts.ts';
import type { Reading } from '../../src/domain/kernel/reading.ts';
import type {
  DeclaredVirtualServer,
  Facts,
  PlannedMachine,
  PowerObservation,
  StartFacts,
} from '../../src/domain/xapi/facts.ts';
import type {
  DiskLocks,
  HostBelief,
  MemberAnswer,
  PoolBelief,
  StorageBelief,
  VirtualMachineBelief,
} from '../../src/domain/xapi/pool.ts';
import { makePlan } from '../../src/domain/xapi/releasePlan.ts';
import {
  attended,
  declaredIdentity,
  declaredServer,
  heldByTarget,
  hostUUID,
  lock,
  nowMs,
  nowWallMs,
  numbers,
  pool,
  poolUUID,
  powerReading,
  read,
  shownIdentity,
  silent,
  target,
  vmUUID,
} from './parts.ts';

export * from './parts.ts';

export interface World {
  readonly facts: Facts;
  with(change: Partial<Facts>): World;
  request(change: Partial<Facts['request']>): World;
  policy(change: Partial<Facts['policy']>): World;
  target(change: Partial<Facts['target']>): World;
  identity(change: Partial<Facts['identity']>): World;
  /** What the Host of the target declares. */
  declaredAs(change: Partial<Facts['identity']['declared']>): World;
  /** What the controller of the target shows of its machine, in its readings as well. */
  shows(change: Partial<PowerObservation>): World;
  /** The pool's database, as it was read a second ago. */
  pool(change: Partial<PoolBelief>): World;
  poolReadAgo(agoMs: number): World;
  host(uuid: string, change: Partial<HostBelief>): World;
  machine(name: string, change: Partial<VirtualMachineBelief>): World;
  storage(uuid: string, change: Partial<StorageBelief>): World;
  answer(uuid: string, answer: MemberAnswer | Reading<MemberAnswer>): World;
  /** The member does not answer since so long; the wall clock may have been set back since. */
  silentSince(uuid: string, agoMs: number, change?: { setBackMs?: number; answeredAgoMs?: number }): World;
  declaredHost(uuid: string, state: 'InService' | 'Maintenance' | 'undeclared'): World;
  declared(name: string, change: Partial<DeclaredVirtualServer>): World;
  /** One more reading of the target's power, `agoMs` ago. */
  power(power: PowerObservation['power'], agoMs: number, change?: Partial<PowerObservation>): World;
  acted(act: Pick<Entry, 'key'> & Partial<Entry>): World;
  locks(locks: readonly DiskLocks[], agoMs?: number): World;
  start(name: string, change: Partial<StartFacts>): World;
  item(name: string, change: Partial<PlannedMachine>): World;
  attested(change?: Partial<Attestation>): World;
  later(ms: number): World;
}

export function around(facts: Facts): World {
  const set = (change: Partial<Facts>): World => around({ ...facts, ...change });
  const belief = (): PoolBelief => beliefOf(facts);
  const setPool = (pool: PoolBelief): World => set({ pool: read(pool, ageOf(facts.pool)) });
  return {
    facts,
    with: set,
    request: (change) => set({ request: { ...facts.request, ...change } }),
    policy: (change) => set({ policy: { ...facts.policy, ...change } }),
    target: (change) => set({ target: { ...facts.target, ...change } }),
    identity: (change) => set({ identity: { ...facts.identity, ...change } }),
    declaredAs: (change) =>
      set({
        identity: { ...facts.identity, declared: { ...facts.identity.declared, ...change } },
        target: { ...facts.target, serial: 'serial' in change ? change.serial : facts.target.serial },
      }),
    shows: (change) =>
      set({
        identity: {
          ...facts.identity,
          shown: facts.identity.shown && { ...facts.identity.shown, ...change },
        },
        powerReadings: facts.powerReadings.map((reading) => ({ ...reading, ...change })),
      }),
    pool: (change) => setPool({ ...belief(), ...change }),
    poolReadAgo: (agoMs) => set({ pool: read(belief(), agoMs) }),
    host: (uuid, change) => setPool({ ...belief(), hosts: changed(belief().hosts, uuid, change) }),
    machine: (name, change) =>
      setPool({ ...belief(), virtualMachines: changed(belief().virtualMachines, vmUUID(name), change) }),
    storage: (uuid, change) => setPool({ ...belief(), storage: changed(belief().storage, uuid, change) }),
    answer: (uuid, answer) =>
      set({
        answers: new Map([
          ...facts.answers,
          [uuid, answer.kind === 'known' || answer.kind === 'unknown' ? answer : read(answer, 1000)],
        ]),
      }),
    silentSince: (uuid, agoMs, { setBackMs = 0, answeredAgoMs = agoMs + 5_000 } = {}) =>
      set({
        silentSince: new Map([
          ...facts.silentSince,
          [
            uuid,
            {
              ms: nowMs - agoMs,
              wallMs: nowWallMs - agoMs - setBackMs,
              lastAnswerMs: nowMs - answeredAgoMs,
            },
          ],
        ]),
      }),
    declaredHost: (uuid, state) => {
      const hosts = new Map(facts.hosts);
      if (state === 'undeclared') hosts.delete(uuid);
      else hosts.set(uuid, { name: hosts.get(uuid)?.name ?? uuid, state });
      return set({ hosts });
    },
    declared: (name, change) =>
      set({ declared: new Map([...facts.declared, [vmUUID(name), { ...declaredServer, ...change }]]) }),
    power: (power, agoMs, change = {}) =>
      set({ powerReadings: [...facts.powerReadings, { ...powerReading(power, agoMs), ...change }] }),
    acted: (act) =>
      set({
        journal: [
          ...facts.journal,
          {
            attempt: 1,
            sinceMs: nowMs - 120_000,
            atWallMs: nowWallMs - (nowMs - (act.sinceMs ?? nowMs - 120_000)),
            outcome: 'Proven',
            reply: 'succeeded',
            says: undefined,
            ...act,
          },
        ],
      }),
    locks: (locks, agoMs = 1000) => set({ locks: read(locks, agoMs) }),
    start: (name, change) =>
      set({ starts: new Map([...facts.starts, [vmUUID(name), { ...startFacts(facts, name), ...change }]]) }),
    item: (name, change) =>
      set({
        plan: facts.plan && {
          ...facts.plan,
          items: facts.plan.items.map((item) => (item.id === vmUUID(name) ? { ...item, ...change } : item)),
        },
      }),
    attested: (change = {}) =>
      set({
        request: {
          ...facts.request,
          attestations: [
            ...facts.request.attestations,
            {
              statement: attended,
              hostUUID: target,
              by: 'mika',
              atWallMs: nowWallMs - 60_000,
              validForMs: 3_600_000,
              ...change,
            },
          ],
        },
      }),
    later: (ms) =>
      set({ nowMs: facts.nowMs + ms, nowWallMs: facts.nowWallMs + ms, momentMs: facts.momentMs + ms }),
  };
}

export function beliefOf(facts: Facts): PoolBelief {
  if (facts.pool.kind === 'unknown') throw new Error('this world has no pool to change');
  return facts.pool.value;
}

function ageOf(reading: Reading<unknown>): number {
  return reading.kind === 'known' ? nowMs - reading.atMs : 1000;
}

function changed<T>(map: ReadonlyMap<string, T>, key: string, change: Partial<T>): ReadonlyMap<string, T> {
  const before = map.get(key);
  if (before === undefined) throw new Error(`this world has no ${key}`);
  return new Map([...map, [key, { ...before, ...change }]]);
}

function startFacts(facts: Facts, name: string): StartFacts {
  const record = beliefOf(facts).virtualMachines.get(vmUUID(name));
  if (record === undefined) throw new Error(`this world has no ${name}`);
  return {
    record: read({ ...record, powerState: 'Halted', residentOn: undefined }),
    locks: read(record.disks.map((disk) => ({ ...lock(name), vdiUUID: disk.vdiUUID }))),
    boot: read({ kind: 'yes' }),
    bootOn: facts.plan?.items.find((item) => item.id === record.uuid)?.host,
  };
}

/** What the member runs on the shared storage; its disks are locked by it. */
const held = ['database', 'web', 'shop'];

/** Silent for an hour, with power: the first step acts. */
export function suspected(): World {
  const base = around({
    nowMs,
    nowWallMs,
    momentMs: nowWallMs,
    risk: 'Disruptive',
    request: { mode: 'Execute', cancelled: false, approval: undefined, attestations: [], waitsFor: [] },
    policy: {
      mode: 'Manual',
      approval: 'WhenDestructive',
      pausedBecause: [],
      memberTimeoutMs: 600_000,
      failedMembers: 1,
      startsAtOncePerHost: 4,
    },
    target: {
      name: 'host-3',
      poolUUID,
      hostUUID: target,
      serial: 'SN-3',
      state: 'InService',
      declaredWallMs: 0,
      openCut: undefined,
      attestationMaxMs: 3_600_000,
      hasPowerDevice: true,
      distrust: undefined,
      lastSignOfLife: undefined,
    },
    identity: {
      declared: declaredIdentity(3),
      otherHosts: [1, 2, 4].map((number) => declaredIdentity(number)),
      shown: shownIdentity(),
      shownToOthers: [],
      controllerConfirmed: true,
      controllerShowedOn: true,
    },
    pool: read(pool()),
    answers: new Map(
      numbers.map((number) => [
        hostUUID(number),
        read<MemberAnswer>(
          number === 1
            ? { kind: 'master' }
            : number === 3
              ? silent
              : { kind: 'member', ofAddress: '10.0.0.1' },
        ),
      ]),
    ),
    masterContact: read('cannotBeContacted'),
    silentSince: new Map([
      [target, { ms: nowMs - 3_600_000, wallMs: nowWallMs - 3_600_000, lastAnswerMs: nowMs - 3_605_000 }],
    ]),
    silentForMs: read(3_600_000),
    powerReadings: [],
    powerUnknown: undefined,
    cannotCutBecause: undefined,
    certificate: undefined,
    words: [],
    plan: undefined,
    locks: read(held.map((name) => lock(name, heldByTarget))),
    runningTasks: read([]),
    freeMemory: new Map(),
    lastSeen: new Map(),
    starts: new Map(),
    journal: [],
    hosts: new Map(
      numbers.map((number) => [hostUUID(number), { name: `host-${number}`, state: 'InService' as const }]),
    ),
    declared: new Map(),
    serving: new Map(),
    machines: new Map(),
  }).power('on', 2000);
  const draft = makePlan(base.facts);
  if ('because' in draft) throw new Error(draft.because);
  return base.with({ plan: { ...draft, hash: 'plan-1' } });
}

/** Proven off by its controller: the second step acts. */
export function fenced(): World {
  const off = suspected()
    .with({ powerReadings: [] })
    .power('on', 40_000)
    .acted({ key: `cutPower ${target}`, sinceMs: nowMs - 35_000, endedMs: nowMs - 20_000 })
    .power('off', 20_000)
    .power('off', 2000);
  return off.with({ certificate: certify(off.facts) });
}

/** Proven off by a person's word alone. */
export function fencedByWord(): World {
  const stated = suspected()
    .with({ powerReadings: [], powerUnknown: 'its controller does not answer' })
    .attested();
  return stated.with({ certificate: certify(stated.facts) });
}

/** The pool has let go of it, and one lock was left: the third step acts. */
export function released(from: World = fenced()): World {
  const halted = { powerState: 'Halted', residentOn: undefined } as const;
  return from
    .acted({ key: `declareDead ${target}`, sinceMs: nowMs - 10_000 })
    .host(target, { enabled: false })
    .machine('database', halted)
    .machine('web', halted)
    .machine('shop', halted)
    .machine('archive', halted)
    .locks([lock('database'), lock('web', heldByTarget), lock('shop')]);
}

/** No lock is left, and the facts about every start are read: the fourth step acts. */
export function unlocked(from: World = fenced()): World {
  return released(from)
    .locks([lock('database'), lock('web'), lock('shop')])
    .start('database', {})
    .start('web', {})
    .start('shop', {});
}

/** Everything runs again: nothing is left to do. */
export function recovered(): World {
  const running = {
    state: 'Running',
    runningSinceMs: nowMs - 5000,
    runningAtWallMs: nowWallMs - 5000,
  } as const;
  return unlocked().item('database', running).item('web', running).item('shop', running);
}

/**
 * The worlds in which each step that acts does so, in the order of the steps, by the name of the procedure. A new procedure
 * brings its own; the test of every guard fails until it has.
 */
export const stagesOf: Readonly<Record<string, Readonly<Record<string, () => World>>>> = {
  ReleaseMember: { suspected, fenced, released, unlocked },
};
