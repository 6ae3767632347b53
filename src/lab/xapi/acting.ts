import type { Database } from '../belief/database.ts';
import type { FaultEffect } from '../faults.ts';
import type { Member, Pool } from './pool.ts';

/** On whose behalf an operation runs, and on which life of the master's toolstack: it ends with it. */
export interface Acting {
  readonly pool: Pool;
  readonly master: Member;
  readonly database: Database;
  /** Incarnation of the master's toolstack when the operation began. */
  readonly incarnation: number;
  /** As the oracle names whoever asked. */
  readonly caller: string;
  /** Faults that strike inside the operation. */
  readonly effects: readonly FaultEffect[];
}

/** Whether the master's toolstack is still the one that began the operation. */
export function livesOn({ master, incarnation }: Acting): boolean {
  return master.incarnation === incarnation;
}
