import type { Fault, FaultEffect } from './faults.ts';

/** The faults in force. */
export interface FaultBook {
  add(fault: Fault): string;
  remove(id: string): void;
  clear(): void;
  /** The effects that strike this call; each fault counts it. */
  strike(at: string, method: string): readonly FaultEffect[];
  describe(): readonly string[];
}

interface Entry {
  readonly fault: Fault;
  seen: number;
}

export function createFaultBook(): FaultBook {
  const entries = new Map<string, Entry>();
  let added = 0;
  return {
    add: (fault) => {
      if (fault.nth !== undefined && !(Number.isInteger(fault.nth) && fault.nth >= 1)) {
        throw new Error(`a fault strikes the 1st, 2nd, … call, not the one numbered ${fault.nth}`);
      }
      added += 1;
      const id = `fault-${added}`;
      entries.set(id, { fault, seen: 0 });
      return id;
    },
    remove: (id) => {
      entries.delete(id);
    },
    clear: () => entries.clear(),
    strike: (at, method) => {
      const struck: FaultEffect[] = [];
      for (const [id, entry] of entries) {
        const { fault } = entry;
        if (fault.at !== undefined && fault.at !== at) continue;
        if (fault.method !== undefined && fault.method !== method) continue;
        entry.seen += 1;
        if (fault.nth === undefined) struck.push(fault.effect);
        else if (fault.nth === entry.seen) {
          struck.push(fault.effect);
          entries.delete(id);
        }
      }
      return struck;
    },
    describe: () =>
      [...entries].map(([id, { fault, seen }]) => {
        const which = fault.nth === undefined ? 'every' : `number ${fault.nth} of`;
        return `${id}: ${fault.effect.kind} on ${which} ${fault.method ?? 'call'} at ${fault.at ?? 'anyone'} (seen ${seen})`;
      }),
  };
}
