/**
 * A pool that is split: somebody made a member master (xe pool-emergency-transition-to-master) while the other one lives.
 * Each has a database of its own, and starts what its own database takes for halted.
 */
import { copyOf } from '../belief/database.ts';
import { type Member, masterOf, type Pool } from './pool.ts';
import { endToolstack, startToolstack } from './toolstack.ts';

/** With a copy of the database as it is now. Throws when it is the master already, or its machine is down. */
export function becomeSecondMaster(pool: Pool, member: Member): void {
  const { name, hostRef } = member.identity;
  const master = masterOf(pool);
  if (member.masterAddress === undefined || master === undefined) throw new Error(`${name} is a master`);
  if (member.machine.operatingSystem !== 'up') throw new Error(`${name} is not running`);
  endToolstack(pool, member);
  member.splitFrom = member.masterAddress;
  member.masterAddress = undefined;
  member.database = copyOf(master.database, ['task']);
  member.database.update('pool', pool.poolRef, { master: hostRef });
  startToolstack(pool, member, 'itself');
}

/** It forgets its database and is a member of the first master's pool again. Throws when it is no second master. */
export function rejoinFirstMaster(pool: Pool, member: Member): void {
  const { name } = member.identity;
  if (member.splitFrom === undefined) throw new Error(`${name} is no second master`);
  endToolstack(pool, member);
  member.masterAddress = member.splitFrom;
  member.splitFrom = undefined;
  member.database = undefined;
  startToolstack(pool, member, 'itself');
}
