import { createDatabase, type Database } from '../belief/database.ts';
import { fieldTypes } from '../belief/fields.ts';
import type { ClassName } from '../belief/records.ts';
import { type Member, masterOf, type Pool } from './pool.ts';

/**
 * Somebody makes a member master by `xe pool-emergency-transition-to-master` while the old master lives. From then on both
 * answer logins as the master of one pool, each with its own database.
 */
export function makeSecondMaster(pool: Pool, member: Member): void {
  const master = masterOf(pool);
  if (master === undefined || member.masterAddress === undefined) return;
  member.database = copyOf(master.database);
  member.database.update('pool', pool.poolRef, { master: member.identity.hostRef });
  member.masterAddress = undefined;
  member.localSessions.clear();
}

function copyOf(database: Database): Database {
  const copy = createDatabase();
  for (const className of Object.keys(fieldTypes) as ClassName[]) {
    for (const [ref, record] of database.rows(className)) copy.insert(className, ref, record);
  }
  return copy;
}
