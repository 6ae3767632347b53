import type { Host, Pool, RecoveryRequest, VirtualServer } from '../../api/generated/types.ts';
import { riskOf } from '../../domain/acts/catalogue.ts';
import type { Attestation } from '../../domain/kernel/facts.ts';
import { greatest } from '../../domain/kernel/risk.ts';
import type {
  DeclaredHost,
  DeclaredVirtualServer,
  Facts,
  MachineFacts,
  PoolFacts,
  PoolPolicy,
  TargetFacts,
} from '../../domain/xapi/facts.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Cluster, hostsOf, keyOfObject, namespaceOf, requestsOn, virtualServersOf } from '../cluster.ts';
import { identityFacts } from '../identityFacts.ts';
import type { PowerWatch } from '../powerWatch.ts';
import { lastSeenBy } from './lastSeen.ts';
import { type Memory, momentOf, noProof, type Proof } from './memory.ts';
import { hasBegun, isFinished } from './phases.ts';
import type { Subject } from './subject.ts';

/** What is written down of this recovery in its memory; all other facts are what the caches and the watches know. */
type OfMemory = 'plan' | 'locks' | 'freeMemory' | 'starts' | 'journal' | 'serving';

/** The facts of one instant without those of the memory, which grow while they are judged. */
export interface Outside extends Omit<PoolFacts, OfMemory | 'machines'> {
  /** UUID of the host that the request is about first of all. */
  readonly about: string;
  readonly machine: (hostUUID: string) => Omit<MachineFacts, keyof Proof> | undefined;
}

interface World {
  readonly cluster: Cluster;
  readonly clock: Clock;
}

/** Everything that a decision may rest on, as it is known at this instant. Synchronous: nothing is waited for. */
export function assemble(subject: Subject, memory: Memory, world: World): Facts {
  return withMemory(lookOutside(subject, memory, world), memory);
}

/** It costs as much as the pool has hosts, so it is put together once for all that is asked in one instant. */
export function lookOutside(
  subject: Subject,
  memory: Pick<Memory, 'base'>,
  { cluster, clock }: World,
): Outside {
  const { request, host, pool, session, procedure } = subject;
  const hosts = hostsOf(cluster, pool);
  return {
    nowMs: clock.monotonicMs(),
    nowWallMs: clock.wallMs(),
    momentMs: momentOf(memory, clock),
    risk: greatest(procedure.steps.map(riskOf)),
    request: {
      mode: request.spec.mode ?? 'Plan',
      cancelled: request.spec.cancel === true,
      approval: request.spec.approval,
      attestations: (request.spec.attestations ?? []).map(attestationOf),
      waitsFor: earlierRequests(cluster, request, pool),
    },
    policy: policyOf(pool),
    pool: session.link.belief(),
    answers: new Map(hosts.map((one) => [one.spec.hostUUID, session.members.answer(one.spec.hostUUID)])),
    silentSince: new Map(
      hosts.flatMap((one) => {
        const since = session.members.silentSince(one.spec.hostUUID);
        return since === undefined ? [] : [[one.spec.hostUUID, since] as const];
      }),
    ),
    runningTasks: session.link.runningTasks(),
    hosts: new Map(hosts.map((one): [string, DeclaredHost] => [one.spec.hostUUID, declaredHost(one)])),
    declared: declaredServers(virtualServersOf(cluster, pool), hosts),
    about: host.spec.hostUUID,
    machine: machines(subject, hosts, cluster),
  };
}

/** Put together when it is first asked for: a pool has many hosts, and a recovery is about few of them. */
function machines(subject: Subject, hosts: readonly Host[], cluster: Cluster): Outside['machine'] {
  const known = new Map<string, ReturnType<Outside['machine']>>();
  return (hostUUID) => {
    if (known.has(hostUUID)) return known.get(hostUUID);
    const { host: target } = subject;
    const host =
      target.spec.hostUUID === hostUUID ? target : hosts.find((one) => one.spec.hostUUID === hostUUID);
    const facts = host === undefined ? undefined : machineFacts(host, subject, cluster);
    known.set(hostUUID, facts);
    return facts;
  };
}

export function withMemory(outside: Outside, memory: Pick<Memory, OfMemory | 'proofs'>): Facts {
  const { about, machine, ...facts } = outside;
  const { plan, locks, freeMemory, starts, journal, serving, proofs } = memory;
  const get = (hostUUID: string): MachineFacts | undefined => {
    const known = machine(hostUUID);
    return known === undefined ? undefined : { ...known, ...(proofs.get(hostUUID) ?? noProof) };
  };
  const target = get(about);
  if (target === undefined) throw new Error(`nothing is known of the target ${about}`);
  return {
    ...facts,
    plan,
    locks,
    freeMemory,
    starts,
    journal,
    serving,
    machines: { get },
    ...target,
  };
}

function machineFacts(
  host: Host,
  { request, pool, session }: Subject,
  cluster: Cluster,
): Omit<MachineFacts, keyof Proof> {
  const { hostUUID } = host.spec;
  const power = session.power(hostUUID);
  return {
    target: targetFacts(host, pool, session, power?.hasDevice === true),
    identity: identityFacts(cluster, host, session),
    masterContact: session.members.masterContact(hostUUID),
    silentForMs: session.members.silentForMs(hostUUID),
    powerReadings: power?.readings() ?? [],
    powerUnknown:
      power === undefined
        ? 'No power controller is declared.'
        : (power.unknownBecause() ?? power.tooSlowBecause()),
    cannotCutBecause: cannotCut(power),
    lastSeen: lastSeenBy(cluster, request, hostUUID),
  };
}

function attestationOf(given: NonNullable<RecoveryRequest['spec']['attestations']>[number]): Attestation {
  return {
    statement: given.statement,
    hostUUID: given.hostUUID,
    by: given.by,
    atWallMs: Date.parse(given.at),
    validForMs: given.validForSeconds * 1000,
  };
}

function policyOf(pool: Pool): PoolPolicy {
  const { spec } = pool;
  return {
    mode: spec.mode ?? 'Observe',
    approval: spec.approval ?? 'WhenDestructive',
    pausedBecause: (spec.paused ?? []).map((one) => one.reason),
    memberTimeoutMs: (spec.detection?.memberTimeoutSeconds ?? 600) * 1000,
    failedMembers: spec.limits?.failedMembers ?? 1,
    startsAtOncePerHost: spec.limits?.startsAtOncePerHost ?? 4,
  };
}

function targetFacts(
  host: Host,
  pool: Pool,
  session: Subject['session'],
  hasPowerDevice: boolean,
): TargetFacts {
  const attestation = (host.spec.power ?? []).find((rung) => rung.attestation !== undefined)?.attestation;
  return {
    name: host.metadata.name,
    poolUUID: pool.spec.hypervisor.xapi.poolUUID,
    hostUUID: host.spec.hostUUID,
    serial: host.spec.serial,
    declaredWallMs: Date.parse(host.metadata.creationTimestamp ?? '') || 0,
    state: host.spec.state ?? 'InService',
    attestationMaxMs: attestation === undefined ? undefined : (attestation.maxValidForSeconds ?? 3600) * 1000,
    hasPowerDevice,
    distrust: session.signs.distrust(host),
    openCut: session.signs.openCut(host),
    lastSignOfLife: session.signs.lastByOthers(host),
  };
}

function cannotCut(power: PowerWatch | undefined): string | undefined {
  const ability = power?.cutAbility();
  return ability?.kind === 'no' ? ability.because : undefined;
}

function declaredHost(host: Host): DeclaredHost {
  return { name: host.metadata.name, state: host.spec.state ?? 'InService' };
}

type Declared = ReadonlyMap<string, DeclaredVirtualServer>;

/** A pool may have thousands, and what they declare is asked for several times in each pass. */
const declaredIn = new WeakMap<
  readonly VirtualServer[],
  { readonly hosts: readonly Host[]; readonly declared: Declared }
>();

function declaredServers(servers: readonly VirtualServer[], hosts: readonly Host[]): Declared {
  const known = declaredIn.get(servers);
  if (known?.hosts === hosts) return known.declared;
  const declared = declaredAnew(servers, hosts);
  declaredIn.set(servers, { hosts, declared });
  return declared;
}

function declaredAnew(servers: readonly VirtualServer[], hosts: readonly Host[]): Declared {
  const uuidOf = new Map(hosts.map((host) => [host.metadata.name, host.spec.hostUUID]));
  return new Map(
    servers.map((server): [string, DeclaredVirtualServer] => {
      const { spec } = server;
      return [
        spec.vmUUID,
        {
          powerState: spec.powerState ?? 'Unmanaged',
          order: spec.restart?.order,
          priority: spec.restart?.priority,
          delaySeconds: spec.restart?.delaySeconds,
          preferredHosts: (spec.placement?.preferredHosts ?? []).flatMap((name) => uuidOf.get(name) ?? []),
          antiAffinityGroup: spec.placement?.antiAffinityGroup,
          lastHost: server.status?.lastHostUUID,
          mayRunOn: server.status?.mayRunOn,
          probe:
            spec.probe?.tcp !== undefined
              ? 'tcp'
              : spec.probe?.guestAgent !== undefined
                ? 'guestAgent'
                : 'none',
          probeTimeoutMs: (spec.probe?.timeoutSeconds ?? 300) * 1000,
        },
      ];
    }),
  );
}

/**
 * Requests on this pool that go first: those that have begun, and earlier ones that are about to. One that has begun nothing and
 * waits, or is refused, holds nobody up.
 */
function earlierRequests(cluster: Cluster, request: RecoveryRequest, pool: Pool): readonly string[] {
  return requestsOn(cluster, pool)
    .filter((other) => {
      if (keyOfObject(other) === keyOfObject(request) || isFinished(other)) return false;
      if (other.spec.mode !== 'Execute' || namespaceOf(other) !== namespaceOf(pool)) return false;
      return hasBegun(other) || (isAboutToAct(other) && cameBefore(other, request));
    })
    .toSorted((one, other) => (cameBefore(one, other) ? -1 : 1))
    .map((other) => other.metadata.name);
}

/** It has written an intent; whether that was sent is not known yet, or it was held back and is tried again. */
function isAboutToAct({ status }: RecoveryRequest): boolean {
  const tried = (status?.journal ?? []).length > 0;
  return status?.phase === 'Running' || (tried && status?.phase === 'Waiting');
}

function cameBefore(one: RecoveryRequest, other: RecoveryRequest): boolean {
  const left = `${one.metadata.creationTimestamp ?? ''} ${one.metadata.uid ?? ''}`;
  const right = `${other.metadata.creationTimestamp ?? ''} ${other.metadata.uid ?? ''}`;
  return left < right;
}
