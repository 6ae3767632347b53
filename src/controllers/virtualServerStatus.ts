import { type ConditionNow, conditionsNow } from '../api/conditions.ts';
import type { RecoveryRequest, VirtualServer } from '../api/generated/types.ts';
import { type Reading, unknown } from '../domain/kernel/reading.ts';
import { nowhere } from '../domain/xapi/moving.ts';
import type { PoolBelief } from '../domain/xapi/pool.ts';
import { isFalse, isTrue, isUnknown, poolNotKnown } from './judgements.ts';
import { mayRunOnNow } from './mayRunOn.ts';
import type { SessionState } from './poolDirectory.ts';

type VirtualServerStatus = NonNullable<VirtualServer['status']>;

/** What a VirtualServer shows: its record in the pool's database, against what is declared. Pure. */
export function virtualServerStatus(view: {
  readonly server: VirtualServer;
  readonly state: SessionState;
  /** Names of other VirtualServers that claim the same virtual machine. */
  readonly alsoClaimedBy: readonly string[];
  /** Those that say of its virtual machine that it may run on one host alone. */
  readonly requests: readonly RecoveryRequest[];
  readonly nowWallMs: number;
}): VirtualServerStatus {
  const { server, state, requests, nowWallMs } = view;
  const generation = server.metadata.generation ?? 0;
  const belief: Reading<PoolBelief> =
    state.kind === 'open' ? state.session.link.belief() : unknown(state.because);
  const pool = belief.kind === 'known' ? belief.value : undefined;
  const machine = pool?.virtualMachines.get(server.spec.vmUUID);
  const host = machine?.residentOn === undefined ? undefined : pool?.hosts.get(machine.residentOn);
  const lastHostUUID =
    machine?.powerState === 'Running' && host !== undefined ? host.uuid : server.status?.lastHostUUID;
  const members = state.kind === 'open' ? state.session.members : undefined;
  const elsewhere = mayRunOnNow({ server, machine, members, requests });
  const ready = readyNow(view, belief, elsewhere.mayRunOn);
  return {
    observedGeneration: generation,
    ...(machine === undefined ? {} : { name: machine.name }),
    powerState: machine?.powerState ?? 'Unknown',
    ...(host === undefined ? {} : { hostName: host.name, hostUUID: host.uuid }),
    ...(lastHostUUID === undefined ? {} : { lastHostUUID }),
    ...elsewhere,
    conditions: [...conditionsNow(server.status?.conditions, [ready], { nowWallMs, generation })],
  };
}

function readyNow(
  { server, alsoClaimedBy }: { readonly server: VirtualServer; readonly alsoClaimedBy: readonly string[] },
  belief: Reading<PoolBelief>,
  mayRunOn: string | undefined,
): ConditionNow {
  if (alsoClaimedBy.length > 0) {
    return isFalse(
      'Ready',
      'ClaimedTwice',
      `The virtual machine is also claimed by ${alsoClaimedBy.join(', ')}.`,
    );
  }
  if (belief.kind === 'unknown') return isUnknown('Ready', 'PoolNotKnown', poolNotKnown(server));
  const machine = belief.value.virtualMachines.get(server.spec.vmUUID);
  if (machine === undefined) {
    return isFalse('Ready', 'NotInPool', `The pool knows no virtual machine ${server.spec.vmUUID}.`);
  }
  const wanted = server.spec.powerState ?? 'Unmanaged';
  if (wanted !== 'Unmanaged' && machine.powerState !== wanted) {
    return isFalse(
      'Ready',
      `Not${wanted}`,
      `It is declared ${wanted}, and the pool has it as ${machine.powerState}.${warning(mayRunOn, belief.value)}`,
    );
  }
  const host = machine.residentOn === undefined ? undefined : belief.value.hosts.get(machine.residentOn);
  if (machine.powerState === 'Running' && host !== undefined && !host.live) {
    return isUnknown(
      'Ready',
      'HostSuspected',
      `The pool believes it to be running on ${host.name}, which it takes for dead; nobody knows.`,
    );
  }
  return isTrue('Ready', 'AsDeclared', `The pool has it as ${machine.powerState}.`);
}

/** For people who would start it by hand. */
function warning(mayRunOn: string | undefined, pool: PoolBelief): string {
  if (mayRunOn === undefined) return '';
  const where =
    mayRunOn === nowhere ? 'a host that is not known' : (pool.hosts.get(mayRunOn)?.name ?? mayRunOn);
  return ` It may run on ${where} already: look there (xl list) before you start it anywhere.`;
}
