import type { Host, Pool, RecoveryRequest, VirtualServer } from '../../api/generated/types.ts';
import type {
  Attestation,
  DeclaredHost,
  DeclaredVirtualServer,
  Facts,
  PolicyFacts,
  TargetFacts,
} from '../../domain/xapi/facts.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Cluster, hostsOf, keyOfObject, namespaceOf, requestsOn, virtualServersOf } from '../cluster.ts';
import { identityFacts } from '../identityFacts.ts';
import type { PowerWatch } from '../powerWatch.ts';
import { lastSeenBy } from './lastSeen.ts';
import { type Memory, momentOf } from './memory.ts';
import { hasBegun, isFinished } from './phases.ts';
import type { Subject } from './subject.ts';

/** What is written down of this recovery in its memory; all other facts are what the caches and the watches know. */
type OfMemory = 'certificate' | 'words' | 'plan' | 'locks' | 'freeMemory' | 'starts' | 'journal' | 'serving';

/** The facts of one instant without those of the memory, which grow while they are judged. */
export type Outside = Omit<Facts, OfMemory>;

/** Everything that a decision may rest on, as it is known at this instant. Synchronous: nothing is waited for. */
export function assemble(
  subject: Subject,
  memory: Memory,
  world: { readonly cluster: Cluster; readonly clock: Clock },
): Facts {
  return withMemory(lookOutside(subject, memory, world), memory);
}

/** It costs as much as the pool has hosts, so it is put together once for all that is asked in one instant. */
export function lookOutside(
  subject: Subject,
  memory: Pick<Memory, 'base'>,
  world: { readonly cluster: Cluster; readonly clock: Clock },
): Outside {
  const { request, host, pool, session } = subject;
  const { cluster, clock } = world;
  const hostUUID = host.spec.hostUUID;
  const hosts = hostsOf(cluster, pool);
  const power = session.power(hostUUID);
  return {
    nowMs: clock.monotonicMs(),
    nowWallMs: clock.wallMs(),
    momentMs: momentOf(memory, clock),
    request: {
      mode: request.spec.mode ?? 'Plan',
      cancelled: request.spec.cancel === true,
      approval: request.spec.approval,
      attestations: (request.spec.attestations ?? []).map(attestationOf),
      waitsFor: earlierRequests(cluster, request, pool),
    },
    policy: policyOf(pool),
    target: targetFacts(subject, power?.hasDevice === true),
    identity: identityFacts(cluster, host, session),
    pool: session.link.belief(),
    answers: new Map(hosts.map((one) => [one.spec.hostUUID, session.members.answer(one.spec.hostUUID)])),
    masterContact: session.members.masterContact(hostUUID),
    silentSince: new Map(
      hosts.flatMap((one) => {
        const since = session.members.silentSince(one.spec.hostUUID);
        return since === undefined ? [] : [[one.spec.hostUUID, since] as const];
      }),
    ),
    silentForMs: session.members.silentForMs(hostUUID),
    powerReadings: power?.readings() ?? [],
    powerUnknown:
      power === undefined
        ? 'No power controller is declared.'
        : (power.unknownBecause() ?? power.tooSlowBecause()),
    cannotCutBecause: cannotCut(power),
    runningTasks: session.link.runningTasks(),
    lastSeen: lastSeenBy(cluster, request, hostUUID),
    hosts: new Map(hosts.map((one): [string, DeclaredHost] => [one.spec.hostUUID, declaredHost(one)])),
    declared: declaredServers(virtualServersOf(cluster, pool), hosts),
  };
}

export function withMemory(outside: Outside, memory: Pick<Memory, OfMemory>): Facts {
  const { certificate, words, plan, locks, freeMemory, starts, journal, serving } = memory;
  return { ...outside, certificate, words, plan, locks, freeMemory, starts, journal, serving };
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

function policyOf(pool: Pool): PolicyFacts {
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

function targetFacts({ host, pool, session }: Subject, hasPowerDevice: boolean): TargetFacts {
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
