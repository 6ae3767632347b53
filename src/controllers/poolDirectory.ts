/**
 * Keeps one session per Pool: the link to it, the watch over its members, and the power of each machine. A session is
 * opened from what is declared (Pool, Hosts, Secrets), and takes over what changes of that while it is open; nothing else
 * of the operator opens a connection to a pool or a machine.
 */
import type { Host, Pool } from '../api/generated/types.ts';
import type { Reading } from '../domain/kernel/reading.ts';
import type { PoolBelief } from '../domain/xapi/pool.ts';
import type { Acts } from '../ports/acts.ts';
import type { Cancel, Clock, Random } from '../ports/clock.ts';
import type { Changed, OpenPool, PoolAccess, PoolLink } from '../ports/hypervisor.ts';
import type { ObjectName } from '../ports/kubernetes.ts';
import type { OpenRedfish } from '../ports/power.ts';
import { type Census, createCensus } from './census.ts';
import { type Cluster, hostsOf, keyOfObject, namespaceOf } from './cluster.ts';
import { createHostsConcerned } from './hostsConcerned.ts';
import { createMemberWatch, type MemberWatch } from './memberWatch.ts';
import { type OpenedPower, openPower } from './openPower.ts';
import { accessOf } from './poolAccess.ts';
import { type PowerWatch, powerActs } from './powerWatch.ts';
import { type Accounts, settledAccountMs, troubledAccountMs } from './secrets.ts';
import { createSignsOfLife, type SignsOfLife } from './signsOfLife.ts';

export interface PoolSession {
  readonly link: PoolLink;
  readonly members: MemberWatch;
  readonly signs: SignsOfLife;
  readonly census: Census;
  /** All that can be done to the pool and its machines. */
  readonly acts: Acts;
  power(hostUUID: string): PowerWatch | undefined;
}

export type SessionState =
  | { readonly kind: 'open'; readonly session: PoolSession }
  | { readonly kind: 'closed'; readonly because: string };

export interface PoolDirectory {
  /** Opens what is declared and not open, closes what is no longer declared. Called by the Pool's reconcile. */
  ensure(pool: Pool): Promise<SessionState>;
  /** The session as it is, without waiting. */
  get(pool: ObjectName): SessionState;
  close(pool: ObjectName): void;
  stop(): void;
}

/** What looks different: UUIDs of virtual machines and of hosts. */
export interface PoolChange {
  readonly machines: Changed;
  readonly hosts: Changed;
  /** The Pool itself shows something of it. */
  readonly isShownByPool: boolean;
  /** What recoveries of all members of the pool rest on, and not only those of these hosts. */
  readonly isForAll: boolean;
}

export interface PoolDirectoryOptions {
  readonly cluster: Cluster;
  readonly accounts: Accounts;
  readonly openPool: OpenPool;
  readonly openRedfish: OpenRedfish;
  readonly clock: Clock;
  readonly random: Random;
  /** Something about this pool looks different now: its database, a member's answer, a machine's power. */
  readonly onChange: (pool: ObjectName, change: PoolChange) => void;
}

interface Opened {
  access: PoolAccess;
  readonly link: PoolLink;
  readonly members: MemberWatch;
  readonly census: Census;
  readonly unsubscribe: Cancel;
  readonly machines: Machines;
}

/** What is known of the machines themselves. It outlives the way to their pool. */
interface Machines {
  readonly power: Map<string, OpenedPower>;
  readonly signs: SignsOfLife;
  /** Of the way to the pool that is open now. */
  members: MemberWatch | undefined;
}

const nothing: ReadonlySet<string> = new Set();

/** Another member's recovery looks at it at its own next turn. */
function ofHost(hostUUID: string): PoolChange {
  return { machines: nothing, hosts: new Set([hostUUID]), isShownByPool: true, isForAll: false };
}

const notYet = 'The operator has not looked at this Pool yet.';

export function createPoolDirectory(options: PoolDirectoryOptions): PoolDirectory {
  const opened = new Map<string, Opened>();
  const problems = new Map<string, string>();

  const closeLink = (key: string): void => {
    const session = opened.get(key);
    opened.delete(key);
    session?.unsubscribe();
    session?.members.stop();
    session?.link.close();
  };
  const closeOne = (key: string): void => {
    for (const power of opened.get(key)?.machines.power.values() ?? []) power.watch.stop();
    closeLink(key);
  };
  const stateOf = (key: string): SessionState => {
    const session = opened.get(key);
    if (session === undefined) return { kind: 'closed', because: problems.get(key) ?? notYet };
    const { link, members, census, machines } = session;
    const power = (hostUUID: string): PowerWatch | undefined => machines.power.get(hostUUID)?.watch;
    const acts: Acts = { ...link.acts, ...powerActs(power) };
    return { kind: 'open', session: { link, members, census, signs: machines.signs, acts, power } };
  };

  return {
    ensure: async (pool) => {
      const key = keyOfObject(pool);
      const hosts = uniqueHosts(hostsOf(options.cluster, pool));
      const trouble = opened.get(key)?.link.belief().kind === 'unknown';
      const maxAgeMs = trouble ? troubledAccountMs : settledAccountMs;
      const access = await accessOf(pool, hosts, (at) => options.accounts.read(at, maxAgeMs));
      if ('because' in access) {
        problems.set(key, access.because);
        closeOne(key);
        return stateOf(key);
      }
      const before = opened.get(key);
      if (before === undefined || isOtherPool(before.access, access)) {
        const machines = before?.machines ?? newMachines(pool, options);
        closeLink(key);
        opened.set(key, openSession({ access, pool, machines }, options));
      } else if (JSON.stringify(before.access) !== JSON.stringify(access)) {
        before.access = access;
        before.link.setMembers(access.members);
        before.members.setMembers(access.members);
        recallSilences(before.members, hosts);
      }
      const session = opened.get(key);
      if (session !== undefined) await renewPower(session, hosts, pool, options);
      return stateOf(key);
    },
    get: (at) => stateOf(`${at.namespace}/${at.name}`),
    close: (at) => closeOne(`${at.namespace}/${at.name}`),
    stop: () => {
      for (const key of [...opened.keys()]) closeOne(key);
    },
  };
}

function isOtherPool(one: PoolAccess, other: PoolAccess): boolean {
  return one.poolUUID !== other.poolUUID || one.port !== other.port;
}

function newMachines(pool: Pool, options: PoolDirectoryOptions): Machines {
  const at = { namespace: namespaceOf(pool), name: pool.metadata.name };
  const signs = createSignsOfLife(options.clock, (hostUUID) => options.onChange(at, ofHost(hostUUID)));
  return { power: new Map(), signs, members: undefined };
}

function openSession(
  what: {
    readonly access: PoolAccess;
    readonly pool: Pool;
    readonly machines: Machines;
  },
  options: PoolDirectoryOptions,
): Opened {
  const at = { namespace: namespaceOf(what.pool), name: what.pool.metadata.name };
  const link = options.openPool(what.access);
  const answers = new Map<string, string>();
  const members = createMemberWatch({
    link,
    clock: options.clock,
    random: options.random,
    members: what.access.members,
    onChange: (hostUUID) => {
      const isNew = noteAnswer(hostUUID, { members, answers, machines: what.machines });
      options.onChange(at, { ...ofHost(hostUUID), isForAll: isNew });
    },
    onContact: (hostUUID, askedMs) =>
      what.machines.signs.heardByOthers(hostUUID, 'the pool master reached it', askedMs),
  });
  what.machines.members = members;
  recallSilences(members, hostsOf(options.cluster, what.pool));
  const askTheDoubtful = createDoubt(members);
  const hostsIn = createHostsConcerned();
  const census = createCensus();
  const unsubscribe = link.subscribe((machines) => {
    const belief = link.belief();
    askTheDoubtful(belief);
    const hosts = hostsIn(belief, machines);
    const countsDiffer = census.take(belief, machines);
    const isShownByPool = countsDiffer || hosts === 'everything';
    options.onChange(at, { machines, hosts, isShownByPool, isForAll: true });
  });
  return { access: what.access, link, members, census, unsubscribe, machines: what.machines };
}

/** What was written down of each member's silence before a restart. */
function recallSilences(members: MemberWatch, hosts: readonly Host[]): void {
  for (const { spec, status } of hosts) {
    const { silentSince, silenceSeenAt, silentForSeconds } = status ?? {};
    if (silentSince === undefined || silenceSeenAt === undefined) continue;
    members.recall(spec.hostUUID, {
      sinceWallMs: Date.parse(silentSince),
      seenWallMs: Date.parse(silenceSeenAt),
      lastedMs: (silentForSeconds ?? 0) * 1000,
    });
  }
}

/**
 * A member that answers is compared with what its controller says; one that falls silent makes every controller worth a look.
 * Tells whether it is another kind of answer than the one before.
 */
function noteAnswer(
  hostUUID: string,
  { members, answers, machines }: { members: MemberWatch; answers: Map<string, string>; machines: Machines },
): boolean {
  const answer = members.answer(hostUUID);
  const kind = answer.kind === 'known' ? answer.value.kind : answer.kind;
  const isNew = answers.get(hostUUID) !== kind;
  answers.set(hostUUID, kind);
  if (answer.kind === 'unknown') return isNew;
  if (answer.value.kind === 'silent') {
    // Where a controller belongs to another machine than is declared, it shows in this moment.
    if (isNew) for (const { watch } of machines.power.values()) watch.readSoon();
    return isNew;
  }
  // What its power controller said before this sign of life proves nothing about the time after it.
  machines.power.get(hostUUID)?.watch.signOfLife();
  if (answer.value.kind !== 'impostor')
    machines.signs.answered(hostUUID, 'the machine answered at its own address', answer.atMs);
  return isNew;
}

/** A host that the pool now takes for dead is asked at once instead of at its next turn; each time it happens, once. */
function createDoubt(members: MemberWatch): (belief: Reading<PoolBelief>) => void {
  const doubted = new Set<string>();
  let looked: PoolBelief['hosts'] | undefined;
  return (belief) => {
    if (belief.kind === 'unknown' || belief.value.hosts === looked) return;
    looked = belief.value.hosts;
    for (const host of looked.values()) {
      if (host.live) doubted.delete(host.uuid);
      else if (!doubted.has(host.uuid)) {
        doubted.add(host.uuid);
        members.askSoon(host.uuid);
      }
    }
  };
}

async function renewPower(
  session: Opened,
  hosts: readonly Host[],
  pool: Pool,
  options: PoolDirectoryOptions,
): Promise<void> {
  const at = { namespace: namespaceOf(pool), name: pool.metadata.name };
  const { machines } = session;
  const { power: opened, signs } = machines;
  const declared = new Set(hosts.map((host) => host.spec.hostUUID));
  for (const [hostUUID, power] of opened) {
    if (declared.has(hostUUID)) continue;
    power.watch.stop();
    opened.delete(hostUUID);
  }
  for (const host of hosts) {
    const { hostUUID } = host.spec;
    let shown = '';
    const onChange = (): void => {
      const reading = opened.get(hostUUID)?.watch.last();
      const answer = machines.members?.answer(hostUUID);
      const silent = answer?.kind === 'known' && answer.value.kind === 'silent';
      if (reading !== undefined) {
        signs.powerRead(hostUUID, reading, silent);
        // Whether a machine that was believed to live has really gone off is asked at once.
        if (reading.power === 'off' && !silent) machines.members?.askSoon(hostUUID);
      }
      const { serial, sku, systemUUID } = reading ?? {};
      const before = shown;
      shown = JSON.stringify([serial, sku, systemUUID]);
      // What one controller shows may be what another one shows, or a Host declares.
      options.onChange(
        at,
        before === shown
          ? ofHost(hostUUID)
          : { machines: nothing, hosts: 'everything', isShownByPool: true, isForAll: true },
      );
    };
    const after = await openPower(host, opened.get(hostUUID), { ...options, onChange });
    opened.set(hostUUID, after);
  }
}

/** Of two Hosts that claim one machine neither is trusted to act; the first is enough to look. */
function uniqueHosts(hosts: readonly Host[]): readonly Host[] {
  const byUUID = new Map<string, Host>();
  for (const host of hosts.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    if (!byUUID.has(host.spec.hostUUID)) byUUID.set(host.spec.hostUUID, host);
  }
  return [...byUUID.values()];
}
