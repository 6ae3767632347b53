import { believeHalted, believeStopped } from '../belief/powerState.ts';
import { nullRef } from '../belief/records.ts';
import { type Acting, livesOn } from './acting.ts';
import { failToReach, isHostAlive } from './contact.ts';
import { diskSpecs, giveBackLocks } from './locks.ts';
import { brokenOff, doneVoid, failed, type Outcome } from './outcome.ts';
import { labNameOf, memberByRef } from './pool.ts';
import { reportMemory } from './statistics.ts';

/**
 * VM.power_state_reset: the database is made to say Halted and nothing else happens: nothing on any host, no lock is
 * touched. Running and Paused are guarded as weakly as host.declare_dead; Halted and Suspended not at all.
 */
export async function resetPowerState(acting: Acting, vm: string): Promise<Outcome> {
  const { pool, database, caller } = acting;
  const before = database.get('VM', vm);
  const outcome = await forceHalted(acting, vm);
  if (outcome.kind === 'failed' || before === undefined) return outcome;
  pool.oracle.took({
    kind: 'powerStateReset',
    target: labNameOf(pool, before.uuid),
    caller,
    changedAnything: before.power_state !== 'Halted',
  });
  return outcome;
}

/** The reset itself, which host.declare_dead does for each virtual machine of the host, with the same guard each time. */
export async function forceHalted(acting: Acting, vm: string): Promise<Outcome> {
  const { pool, database, master } = acting;
  const record = database.get('VM', vm);
  if (record === undefined) return failed('HANDLE_INVALID', 'VM', vm);
  if (record.is_control_domain) return failed('CANNOT_RESET_CONTROL_DOMAIN', vm);
  if (record.power_state === 'Running' || record.power_state === 'Paused') {
    const host = record.resident_on;
    if (host === master.identity.hostRef) {
      if (master.machine.domains.has(record.uuid)) return failed('DOMAIN_EXISTS', vm);
    } else if (await isHostAlive(pool, { master, database, host })) return failed('HOST_IS_LIVE', host);
  }
  if (!livesOn(acting)) return brokenOff;
  believeStopped(database, vm);
  await pool.time.pause(pool.latencies.resetMs);
  if (!livesOn(acting)) return brokenOff;
  believeHalted(database, vm);
  return doneVoid;
}

/** VM.clean_shutdown, VM.shutdown and VM.hard_shutdown: on the host on which the database says it runs. */
export async function shutDown(acting: Acting, vm: string, operation: string): Promise<Outcome> {
  const { pool, database, master } = acting;
  const record = database.get('VM', vm);
  if (record === undefined) return failed('HANDLE_INVALID', 'VM', vm);
  const [under] = Object.values(record.current_operations);
  if (under !== undefined) return failed('OTHER_OPERATION_IN_PROGRESS', 'VM', vm, under);
  if (record.is_a_template) return failed('VM_IS_TEMPLATE', vm);
  if (record.is_control_domain) return failed('OPERATION_NOT_ALLOWED', 'it is a control domain');
  if (record.power_state !== 'Running') {
    return failed('VM_BAD_POWER_STATE', vm, 'running', record.power_state.toLowerCase());
  }
  // The guest's agent has to be there to be asked.
  if (operation === 'clean_shutdown' && record.guest_metrics === nullRef) {
    return failed('VM_LACKS_FEATURE', vm);
  }
  const host = record.resident_on;
  const target = memberByRef(pool, host);
  const key = pool.seeded.ref(`operation/${pool.nextNumber()}`);
  database.update('VM', vm, { current_operations: { [key]: operation } });
  const refusal = await failToReach(pool, { master, database, host });
  if (refusal !== undefined || target === undefined) {
    if (livesOn(acting)) database.update('VM', vm, { current_operations: {} });
    return refusal ?? failed('CANNOT_CONTACT_HOST', host);
  }
  await pool.time.pause(pool.latencies.shutdownMs);
  pool.physics.stopDomain(target.machine, record.uuid);
  if (!livesOn(acting)) return doneVoid;
  giveBackLocks(pool, database, { host: target, disks: diskSpecs(database, vm) });
  believeHalted(database, vm);
  reportMemory(pool, database, host);
  return doneVoid;
}
