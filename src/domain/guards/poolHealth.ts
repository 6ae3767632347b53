/** What the pool has to be like, so that what it believes and does can be relied on. */

import { allow, deny, unknown } from '../kernel/verdict.ts';
import { currentPool } from '../xapi/currentPool.ts';
import type { Facts } from '../xapi/facts.ts';
import type { Guard } from '../xapi/form.ts';
import type { PoolBelief, VirtualMachineBelief } from '../xapi/pool.ts';
import { residentsOf } from '../xapi/residents.ts';
import { unpluggedStorage } from '../xapi/storage.ts';
import { upgradeUnderWay } from '../xapi/upgrade.ts';

/** With the pool's own high availability on, it fences, releases and restarts by itself; two hands would collide. */
export const highAvailabilityIsOff: Guard = {
  name: 'highAvailabilityIsOff',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    return pool.value.haEnabled
      ? deny(
          'High availability is on in this pool, and it recovers by itself. Nothing is done here while it is on.',
        )
      : allow('High availability is off.');
  },
};

/** During a rolling upgrade, or between members of different versions, silence is planned and starts may be refused. */
export const noUpgradeIsUnderWay: Guard = {
  name: 'noUpgradeIsUnderWay',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const because = upgradeUnderWay(pool.value);
    return because === undefined ? allow('All members run the same version.') : deny(because);
  },
};

/**
 * For eleven minutes after a master's toolstack started, what it believes about liveness is wrong on every version, in one
 * direction or the other (600 s of assumed life plus one pass of 30 s, or assumed death until the first heartbeat).
 */
export const masterHasBeenUpLongEnough: Guard = {
  name: 'masterHasBeenUpLongEnough',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const { masterUpForMs, masterUpUnsureBecause } = pool.value;
    const minutes = Math.floor(masterUpForMs / 60_000);
    if (masterUpForMs >= masterSettlesAfterMs) {
      return allow(`The master's toolstack has been up for ${minutes} min.`);
    }
    return unknown(
      masterUpUnsureBecause === undefined
        ? `The master's toolstack started ${minutes} min ago. What it believes about its members is only reliable after 11 min. It is waited for.`
        : `It is not known how long the master's toolstack has been up: ${masterUpUnsureBecause}. What it believes about its members is only reliable after 11 min; ${minutes} min are confirmed.`,
    );
  },
};

export const masterSettlesAfterMs = 11 * 60_000;

/**
 * A storage outage looks like dead hosts. Every shared SR with a disk of the plan must be plugged on every other member that
 * has it. A library of CDs, and storage that nothing of the plan uses, tell nothing about this failure.
 */
export const sharedStorageIsHealthy: Guard = {
  name: 'sharedStorageIsHealthy',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    const because = unpluggedStorage(
      machinesOfThePlan(facts, pool.value),
      pool.value,
      (hostUUID) => hostUUID === facts.target.hostUUID || facts.hosts.get(hostUUID)?.state === 'Maintenance',
    );
    return because === undefined
      ? allow('The shared storage of the plan is plugged on every other member.')
      : deny(`${because} Mend the storage first; a storage outage looks like dead hosts.`);
  },
};

function machinesOfThePlan(facts: Facts, pool: PoolBelief): readonly VirtualMachineBelief[] {
  if (facts.plan === undefined) {
    return residentsOf(pool, facts.target.hostUUID);
  }
  return facts.plan.items.flatMap((item) =>
    item.state === 'LeftHalted' ? [] : (pool.virtualMachines.get(item.id) ?? []),
  );
}

/** The pool has let go of the member: it is disabled, and no virtual machine is resident on it. */
export const memberIsReleased: Guard = {
  name: 'memberIsReleased',
  judge: (facts) => {
    const pool = currentPool(facts);
    if (pool.kind === 'missing') return unknown(pool.because);
    return isReleased(pool.value, facts.target.hostUUID)
      ? allow(`The pool has released ${facts.target.name}.`)
      : deny(`The pool has ${facts.target.name} enabled again, or virtual machines resident on it.`);
  },
};

/** Read from the pool's database: disabled, and nothing resident. */
export function isReleased(pool: PoolBelief, hostUUID: string): boolean {
  const host = pool.hosts.get(hostUUID);
  return host?.enabled === false && residentsOf(pool, hostUUID).length === 0;
}
