import type { HarmfulEffect, Verdict, Violation, ViolationKind } from './verdict.ts';
import type { Domain, Machine, OpenDisk } from './world/machines.ts';

/**
 * Watches the physical world, knows nothing of what anyone believes, and remembers every violation with its instant.
 */
export interface Oracle {
  domainStarted(domain: Domain): void;
  domainStopped(domain: Domain): void;
  /** `older` has just written a disk that `newer`, which opened it later, has written already. */
  wroteAfter(older: OpenDisk, newer: OpenDisk): void;
  /** A storage lock key was removed while its host has the disk open. */
  lockCleared(machine: Machine, disk: LockedDisk): void;
  /** A harmful act took place. */
  took(effect: Omit<HarmfulEffect, 'at'>): void;
  /** Told of each harmful act in its instant. */
  onHarmfulEffect(run: (effect: HarmfulEffect) => void): void;
  verdict(): Verdict;
}

export interface LockedDisk {
  readonly vdiUUID: string;
  readonly vmName: string;
}

export interface OracleParts {
  /** Every virtual machine of the scenario: the verdict tells where each one runs, also when it runs nowhere. */
  readonly virtualMachines: readonly { readonly uuid: string; readonly name: string }[];
  readonly wallMs: () => number;
}

export function createOracle({ virtualMachines, wallMs }: OracleParts): Oracle {
  const violations: Violation[] = [];
  const harmfulEffects: HarmfulEffect[] = [];
  const listeners: ((effect: HarmfulEffect) => void)[] = [];
  const seen = new Set<string>();
  const running = new Map<string, Set<Machine>>();

  const violate = (kind: ViolationKind, found: Omit<Violation, 'kind' | 'at'>): void => {
    const key = [kind, found.virtualMachine, found.disk, ...found.hosts].join('|');
    if (seen.has(key)) return;
    seen.add(key);
    violations.push({ kind, at: wallMs(), ...found });
  };
  const instant = (): string => new Date(wallMs()).toISOString();

  return {
    domainStarted: (domain) => {
      const on = running.get(domain.vmUUID) ?? new Set();
      running.set(domain.vmUUID, on.add(domain.machine));
      if (on.size < 2) return;
      const hosts = [...on].map((machine) => machine.name).sort(byName);
      violate('virtualMachineRunsTwice', {
        sentence: `${domain.vmName} runs on ${hosts.join(' and ')} at once since ${instant()}`,
        virtualMachine: domain.vmName,
        hosts,
      });
    },
    domainStopped: (domain) => {
      running.get(domain.vmUUID)?.delete(domain.machine);
    },
    wroteAfter: (older, newer) => {
      const hosts = [older.machine.name, newer.machine.name];
      violate('diskWrittenByTwoDomains', {
        sentence: `disk ${older.vdiUUID} of ${older.vmName} was written by ${hosts[0]} at ${instant()}, after ${hosts[1]} had begun to write it: its contents are corrupt`,
        virtualMachine: older.vmName,
        disk: older.vdiUUID,
        hosts,
      });
    },
    lockCleared: (machine, disk) => {
      violate('lockClearedUnderLiveTapdisk', {
        sentence: `the lock of ${machine.name} on disk ${disk.vdiUUID} of ${disk.vmName} was removed at ${instant()} while ${machine.name} had the disk open`,
        virtualMachine: disk.vmName,
        disk: disk.vdiUUID,
        hosts: [machine.name],
      });
    },
    took: (effect) => {
      const taken = { ...effect, at: wallMs() };
      harmfulEffects.push(taken);
      for (const run of listeners) run(taken);
    },
    onHarmfulEffect: (run) => {
      listeners.push(run);
    },
    verdict: () => ({
      clean: violations.length === 0,
      violations: [...violations],
      virtualMachines: virtualMachines.map(({ uuid, name }) => ({
        uuid,
        name,
        runsOn: [...(running.get(uuid) ?? [])].map((machine) => machine.name),
      })),
      harmfulEffects: [...harmfulEffects],
    }),
  };
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}
