import type { Database } from '../belief/database.ts';
import type { DiskSpec } from '../world/machines.ts';
import type { Acting } from './acting.ts';
import { asksMaster, failToReach } from './contact.ts';
import { holdersIn, lockKey, removeKey, setKey } from './locks.ts';
import { type Failed, failed } from './outcome.ts';
import { type Member, memberByRef, type Pool } from './pool.ts';

/** One disk that a host is to open for a domain. */
export interface Activation {
  readonly acting: Acting;
  readonly target: Member;
  readonly disk: DiskSpec;
  /** How long the host takes to open the disk, between the keys. */
  readonly openMs: number;
  readonly tap: 'opens' | 'fails';
}

/** `lost`: the host died over it, and whatever keys it had set stay. */
export type Activated = 'active' | 'lost' | Failed;

const retryEveryMs = 1_000;

/**
 * What the storage manager does before a domain has its disk, all of it in VDI.sm_config of the pool's database: it deals
 * with the keys that it finds, sets `activating`, then `host_<ref>`, opens the disk, and takes `activating` away. A disk that
 * fails to open takes both with it. A host that dies in between leaves both, and nothing ever removes `activating` again.
 * The storage manager of 8.2 has no such word yet.
 */
export async function activate(activation: Activation): Promise<Activated> {
  const { acting, target, disk, openMs, tap } = activation;
  const { pool, database } = acting;
  const vdi = database.refOf('VDI', disk.vdiUUID) ?? '';
  // A medium that another domain of this host reads is open already, and is opened once only.
  if (disk.mode === 'RO' && isOpen(pool, target, disk.vdiUUID)) return 'active';
  const { incarnation } = target;
  const alive = (): boolean => target.incarnation === incarnation && target.machine.operatingSystem === 'up';
  const tagged = await setKeys(activation, { vdi, alive });
  if (tagged !== 'active') return tagged;
  target.opening.add(disk.vdiUUID);
  await pool.time.pause(openMs);
  while (alive() && !asksMaster(pool, target)) await pool.time.pause(retryEveryMs);
  if (!alive()) return 'lost';
  if (tap === 'fails') {
    removeKey(pool, database, { vdi, key: lockKey(target.identity.hostRef) });
    removeKey(pool, database, { vdi, key: 'activating' });
    return failed('SR_BACKEND_FAILURE_1200', '', 'Tapdisk could not open the disk', '');
  }
  removeKey(pool, database, { vdi, key: 'activating' });
  return 'active';
}

interface Tagging {
  readonly vdi: string;
  readonly alive: () => boolean;
}

/** A disk that storage work has paused is tried again each second, for an hour. */
async function setKeys(activation: Activation, { vdi, alive }: Tagging): Promise<Activated> {
  const { acting, disk } = activation;
  const { pool } = acting;
  if (pool.habits.storageLocks === 'none') return 'active';
  const until = pool.time.lab.monotonicMs() + pool.latencies.lockedDiskMs;
  for (;;) {
    const outcome = await trySettingKeys(activation, vdi);
    if (!alive()) return 'lost';
    if (outcome !== 'later') return outcome;
    if (pool.time.lab.monotonicMs() >= until) {
      return failed('SR_BACKEND_FAILURE_1200', '', `VDI ${disk.vdiUUID} locked`, '');
    }
    await pool.time.pause(retryEveryMs);
    if (!alive()) return 'lost';
  }
}

async function trySettingKeys(
  { acting, target, disk }: Activation,
  vdi: string,
): Promise<'active' | 'later' | Failed> {
  const { database, pool } = acting;
  const { mode } = disk;
  const heldAs = holdersIn(configOf(database, vdi)).map((each) => each.mode);
  if (heldAs.includes('RW') || (heldAs.length > 0 && mode === 'RW')) {
    const refusal = await clearHolders(acting, vdi, disk.vdiUUID);
    if (refusal !== undefined) return refusal;
  }
  const config = configOf(database, vdi);
  if ('relinking' in config || 'paused' in config) return 'later';
  if ('activating' in config) {
    // Another reader may be about to finish; for a writer it is an error at once.
    if (mode === 'RO') return 'later';
    return unavailable(`['MAP_DUPLICATE_KEY', 'VDI', 'sm_config', '${vdi}', 'activating']`);
  }
  if (pool.version !== '8.2') setKey(database, vdi, { key: 'activating', value: 'True' });
  const own = lockKey(target.identity.hostRef);
  // An assertion of the storage manager's own, which stands before what would tidy up.
  if (own in config) return failed('SR_BACKEND_FAILURE_1200', '', '', '');
  setKey(database, vdi, { key: own, value: mode });
  return 'active';
}

/**
 * Asks each host that a key names whether it has the disk open. A key of a host that has not is dropped, and so is that of
 * a host that the pool has forgotten: a start heals what a crash has left, unless the host cannot be asked.
 */
async function clearHolders(acting: Acting, vdi: string, vdiUUID: string): Promise<Failed | undefined> {
  const { pool, database, master } = acting;
  for (const { host } of holdersIn(configOf(database, vdi))) {
    if (database.get('host', host) !== undefined) {
      const unreached = await failToReach(pool, { master, database, host });
      if (unreached !== undefined) return unavailable(`['${unreached.error.join("', '")}']`);
      const member = memberByRef(pool, host);
      if (member !== undefined && isOpen(pool, member, vdiUUID)) {
        return unavailable(`VDI ${vdiUUID} not detached cleanly`);
      }
    }
    removeKey(pool, database, { vdi, key: lockKey(host) });
  }
  return undefined;
}

/** Open for a domain, or for one that is being built. */
export function isOpen(pool: Pool, member: Member, vdiUUID: string): boolean {
  return pool.physics.hasOpen(member.machine, vdiUUID) || member.opening.has(vdiUUID);
}

function configOf(database: Database, vdi: string): Readonly<Record<string, string>> {
  return database.get('VDI', vdi)?.sm_config ?? {};
}

function unavailable(detail: string): Failed {
  return failed('SR_BACKEND_FAILURE_46', '', `The VDI is not available [opterr=${detail}]`, '');
}
