import type { Database } from '../belief/database.ts';
import { isOpen } from './activation.ts';
import { holdersIn, lockKey, removeKey, setKey } from './locks.ts';
import type { Member, Pool } from './pool.ts';

/**
 * What a toolstack does with lock keys when it starts. A disk that its host has open gets its key back if it was taken away.
 * Of a disk that it has not open but has a key on, or that only forgotten hosts have keys on, it removes every `host_` key,
 * those of other hosts too. `activating` stays.
 */
export function settleLeftOverKeys(pool: Pool, member: Member, database: Database): void {
  if (pool.habits.storageLocks === 'none') return;
  const own = lockKey(member.identity.hostRef);
  for (const [vdi, { uuid, sm_config }] of [...database.rows('VDI')]) {
    if (isOpen(pool, member, uuid)) {
      if (!(own in sm_config)) setKey(database, vdi, { key: own, value: openMode(member, uuid) });
      continue;
    }
    const holders = holdersIn(sm_config);
    const forgotten = holders.every(({ host }) => database.get('host', host) === undefined);
    if (!(own in sm_config) && (holders.length === 0 || !forgotten)) continue;
    for (const { host, mode } of holders) {
      if (mode === 'RW') removeKey(pool, database, { vdi, key: lockKey(host) });
      else forgetReader(database, vdi, lockKey(host));
    }
  }
}

function openMode(member: Member, vdiUUID: string): 'RW' | 'RO' {
  const disks = [...member.machine.domains.values()].flatMap((domain) => domain.disks);
  return disks.find((disk) => disk.vdiUUID === vdiUUID)?.mode ?? 'RW';
}

/** It happens to readers in passing and harms nobody, so the oracle is not told. */
function forgetReader(database: Database, vdi: string, key: string): void {
  const { [key]: _, ...rest } = database.get('VDI', vdi)?.sm_config ?? {};
  database.update('VDI', vdi, { sm_config: rest });
}
