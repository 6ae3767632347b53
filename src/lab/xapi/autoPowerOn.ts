import type { Database } from '../belief/database.ts';
import type { Member, Pool } from './pool.ts';
import { startOn } from './startVirtualMachine.ts';

/**
 * A host that has booted starts, by itself and behind everyone's back, each Halted virtual machine that has
 * auto_poweron set, when the pool has it set too.
 */
export function autoPowerOn(
  pool: Pool,
  { member, master }: { readonly member: Member; readonly master: Member },
  database: Database,
): void {
  if (database.get('pool', pool.poolRef)?.other_config['auto_poweron'] !== 'true') return;
  const { incarnation } = master;
  const acting = { pool, master, database, incarnation, caller: 'auto_poweron', effects: [] } as const;
  for (const [vm, record] of [...database.rows('VM')]) {
    if (record.is_a_template || record.is_control_domain || record.power_state !== 'Halted') continue;
    if (record.other_config['auto_poweron'] !== 'true') continue;
    // A refusal leaves the virtual machine as it was, and nobody waits for the answer.
    startOn(acting, { vm, host: member.identity.hostRef }).catch(pool.broke);
  }
}
