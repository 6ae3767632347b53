/**
 * Keeps one session per Pool: the link to it, the watch over its members, and the power of each machine. A session is
 * opened from what is declared (Pool, Hosts, Secrets), and takes over what changes of that while it is open; nothing else
 * of the operator opens a connection to a pool or a machine.
 */
import type { Host, Pool } from '../api/generated/types.ts';
import type { Cancel, Clock, Random } from '../ports/clock.ts';
import type { MemberAccess, OpenPool, PoolAccess, PoolLink } from '../ports/hypervisor.ts';
import type { ObjectName } from '../ports/kubernetes.ts';
import type { OpenRedfish } from '../ports/power.ts';
import { type Cluster, hostsOf, keyOfObject, namespaceOf } from './cluster.ts';
import { createMemberWatch, type MemberWatch } from './memberWatch.ts';
import { type OpenedPower, openPower } from './openPower.ts';
import type { PowerWatch } from './powerWatch.ts';
import { type Accounts, settledAccountMs, troubledAccountMs } from './secrets.ts';

export interface PoolSession {
  readonly link: PoolLink;
  readonly members: MemberWatch;
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

export interface PoolDirectoryOptions {
  readonly cluster: Cluster;
  readonly accounts: Accounts;
  readonly openPool: OpenPool;
  readonly openRedfish: OpenRedfish;
  readonly clock: Clock;
  readonly random: Random;
  /** Something about this pool looks different now: its database, a member's answer, a machine's power. */
  readonly onChange: (pool: ObjectName) => void;
}

interface Opened {
  access: PoolAccess;
  readonly link: PoolLink;
  readonly members: MemberWatch;
  readonly unsubscribe: Cancel;
  readonly power: Map<string, OpenedPower>;
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
    for (const power of opened.get(key)?.power.values() ?? []) power.watch.stop();
    closeLink(key);
  };
  const stateOf = (key: string): SessionState => {
    const session = opened.get(key);
    if (session === undefined) return { kind: 'closed', because: problems.get(key) ?? notYet };
    return {
      kind: 'open',
      session: {
        link: session.link,
        members: session.members,
        power: (hostUUID) => session.power.get(hostUUID)?.watch,
      },
    };
  };

  return {
    ensure: async (pool) => {
      const key = keyOfObject(pool);
      const hosts = uniqueHosts(hostsOf(options.cluster, pool));
      const trouble = opened.get(key)?.link.belief().kind === 'unknown';
      const maxAgeMs = trouble ? troubledAccountMs : settledAccountMs;
      const access = await accessOf(pool, hosts, (at) => options.accounts.read(at, maxAgeMs));
      if ('missing' in access) {
        problems.set(key, access.missing);
        closeOne(key);
        return stateOf(key);
      }
      const before = opened.get(key);
      if (before === undefined || isOtherPool(before.access, access)) {
        const power = before?.power ?? new Map<string, OpenedPower>();
        // The power watches stay: what they read is about the machines, not about the way to the pool.
        closeLink(key);
        opened.set(key, openSession({ access, pool, power }, options));
      } else if (JSON.stringify(before.access) !== JSON.stringify(access)) {
        before.access = access;
        before.link.setMembers(access.members);
        before.members.setMembers(access.members);
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

function openSession(
  what: {
    readonly access: PoolAccess;
    readonly pool: Pool;
    readonly power: Map<string, OpenedPower>;
  },
  options: PoolDirectoryOptions,
): Opened {
  const at = { namespace: namespaceOf(what.pool), name: what.pool.metadata.name };
  const link = options.openPool(what.access);
  const members = createMemberWatch({
    link,
    clock: options.clock,
    random: options.random,
    members: what.access.members,
    onChange: (hostUUID) => {
      const answer = members.answer(hostUUID);
      // What its power controller said before this sign of life proves nothing about the time after it.
      if (answer.kind === 'known' && answer.value.kind !== 'silent')
        what.power.get(hostUUID)?.watch.signOfLife();
      options.onChange(at);
    },
  });
  for (const host of hostsOf(options.cluster, what.pool)) {
    const since = host.status?.silentSince;
    if (since !== undefined) members.recall(host.spec.hostUUID, Date.parse(since));
  }
  const doubted = new Set<string>();
  const unsubscribe = link.subscribe(() => {
    askTheDoubtful(link, members, doubted);
    options.onChange(at);
  });
  return { access: what.access, link, members, unsubscribe, power: what.power };
}

/** A host that the pool now takes for dead is asked at once instead of at its next turn; each time it happens, once. */
function askTheDoubtful(link: PoolLink, members: MemberWatch, doubted: Set<string>): void {
  const belief = link.belief();
  if (belief.kind === 'unknown') return;
  for (const host of belief.value.hosts.values()) {
    if (host.live) doubted.delete(host.uuid);
    else if (!doubted.has(host.uuid)) {
      doubted.add(host.uuid);
      members.askSoon(host.uuid);
    }
  }
}

async function renewPower(
  session: Opened,
  hosts: readonly Host[],
  pool: Pool,
  options: PoolDirectoryOptions,
): Promise<void> {
  const at = { namespace: namespaceOf(pool), name: pool.metadata.name };
  const declared = new Set(hosts.map((host) => host.spec.hostUUID));
  for (const [hostUUID, power] of session.power) {
    if (declared.has(hostUUID)) continue;
    power.watch.stop();
    session.power.delete(hostUUID);
  }
  for (const host of hosts) {
    const before = session.power.get(host.spec.hostUUID);
    const after = await openPower(host, before, { ...options, onChange: () => options.onChange(at) });
    session.power.set(host.spec.hostUUID, after);
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

async function accessOf(
  pool: Pool,
  hosts: readonly Host[],
  read: (at: ObjectName) => ReturnType<Accounts['read']>,
): Promise<PoolAccess | { readonly missing: string }> {
  const { xapi } = pool.spec.hypervisor;
  if (hosts.length === 0) {
    return { missing: `No Host refers to the Pool ${pool.metadata.name}. Declare its members as Hosts.` };
  }
  const namespace = namespaceOf(pool);
  const members: MemberAccess[] = [];
  for (const host of hosts) {
    const secret = host.spec.credentialsSecretRef?.name ?? xapi.credentialsSecretRef.name;
    const account = await read({ namespace, name: secret });
    if ('missing' in account) return account;
    members.push({
      hostUUID: host.spec.hostUUID,
      name: host.metadata.name,
      address: host.spec.address,
      sha256Fingerprint: host.spec.tls.sha256Fingerprint,
      ...account,
    });
  }
  return { poolUUID: xapi.poolUUID, port: xapi.port ?? 443, members };
}
