import type { Database } from '../belief/database.ts';
import { type Acting, livesOn } from './acting.ts';
import { failToReach, isHostAlive } from './contact.ts';
import { xapiDate } from './dates.ts';
import { resetVdis } from './locks.ts';
import { brokenOff, done, doneVoid, failed, type Outcome } from './outcome.ts';
import { labNameOf, memberByRef, wallOf } from './pool.ts';
import { forceHalted } from './virtualMachineOperations.ts';

/**
 * host.declare_dead: every virtual machine of the host is believed Halted, the host is disabled, and the hook removes
 * its lock keys. It does not set `live`, ask about high availability or prove that the host is dead. The guard is asked
 * once for the host and once more for each of its virtual machines; the first that refuses ends it half done.
 */
export async function declareDead(acting: Acting, host: string): Promise<Outcome> {
  const { pool, database, master, caller } = acting;
  const record = database.get('host', host);
  if (record === undefined) return failed('HANDLE_INVALID', 'host', host);
  if (await isHostAlive(pool, { master, database, host })) return failed('HOST_IS_LIVE', host);
  const residents = guestsOn(database, host);
  const took = (changedAnything: boolean): void =>
    pool.oracle.took({ kind: 'declareDead', target: labNameOf(pool, record.uuid), caller, changedAnything });
  for (const [index, vm] of residents.entries()) {
    const outcome = livesOn(acting) ? await forceHalted(acting, vm) : brokenOff;
    if (outcome.kind === 'done') continue;
    if (index > 0) took(true);
    return outcome;
  }
  await pool.time.pause(pool.latencies.declareDeadMs);
  if (!livesOn(acting)) return brokenOff;
  const wasEnabled = database.get('host', host)?.enabled === true;
  if (wasEnabled) database.update('host', host, { enabled: false });
  const unlocked = runUnlockingHook(acting, host);
  took(residents.length > 0 || wasEnabled || unlocked > 0);
  return doneVoid;
}

/** Ends with code 1 at the first SR that fails; XAPI logs that and reports success. */
function runUnlockingHook({ pool, database, effects }: Acting, host: string): number {
  const fails = effects.find((effect) => effect.kind === 'hookFails');
  const repositories = fails?.kind === 'hookFails' ? (fails.unlocksFirst ?? 0) : undefined;
  return resetVdis(pool, database, { hostRef: host, repositories });
}

function guestsOn(database: Database, host: string): readonly string[] {
  const residents = database.get('host', host)?.resident_VMs ?? [];
  return residents.filter((vm) => database.get('VM', vm)?.is_control_domain === false);
}

/** host.destroy: the host is forgotten. Its machine is not told, and may run on. */
export async function destroyHost(acting: Acting, host: string): Promise<Outcome> {
  const { pool, database, master, caller } = acting;
  const record = database.get('host', host);
  if (record === undefined) return failed('HANDLE_INVALID', 'host', host);
  if (await isHostAlive(pool, { master, database, host })) return failed('HOST_IS_LIVE', host);
  if (!livesOn(acting)) return brokenOff;
  if (database.get('pool', pool.poolRef)?.ha_enabled === true) return failed('HA_IS_ENABLED');
  if (guestsOn(database, host).length > 0) return failed('HOST_HAS_RESIDENT_VMS', host);
  runUnlockingHook(acting, host);
  database.remove('VM', record.control_domain);
  database.remove('host', host);
  pool.oracle.took({ kind: 'destroy', target: labNameOf(pool, record.uuid), caller, changedAnything: true });
  return doneVoid;
}

/** A call that the master hands on to the host: the master's own contact, apart from heartbeats. */
export async function askServerTime(acting: Acting, host: string): Promise<Outcome> {
  const { pool, database, master } = acting;
  if (database.get('host', host) === undefined) return failed('HANDLE_INVALID', 'host', host);
  const refusal = await failToReach(pool, { master, database, host });
  return refusal ?? done(xapiDate(wallOf(pool, memberByRef(pool, host) ?? master)));
}

export async function setEnabled(
  acting: Acting,
  { host, to }: { readonly host: string; readonly to: 'enabled' | 'disabled' },
): Promise<Outcome> {
  const { pool, database, master } = acting;
  if (database.get('host', host) === undefined) return failed('HANDLE_INVALID', 'host', host);
  const refusal = to === 'enabled' ? await failToReach(pool, { master, database, host }) : undefined;
  if (refusal !== undefined) return refusal;
  database.update('host', host, { enabled: to === 'enabled' });
  return doneVoid;
}
