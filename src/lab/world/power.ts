import type { Pool } from '../xapi/pool.ts';
import { endToolstack, startToolstack } from '../xapi/toolstack.ts';
import type { Machine } from './machines.ts';

/**
 * What gives and takes a machine's power, whether it is a pool's member or not. Everything that runs on it is gone at the
 * instant the power is.
 */
export interface Power {
  cutMains(machine: Machine): void;
  restoreMains(machine: Machine): void;
  /** Takes the power without asking the operating system. False when there was none to take. */
  takeOff(machine: Machine): boolean;
  /** Begins to power on and boot; false when the machine has no mains or is not off. */
  bringUp(machine: Machine): boolean;
}

export function createPower(pool: Pool): Power {
  const memberOn = (machine: Machine) => pool.members.find((each) => each.machine === machine);
  const lose = (machine: Machine): void => {
    pool.physics.losePower(machine);
    pool.migrations.machineLost(machine);
    const member = memberOn(machine);
    if (member !== undefined) endToolstack(pool, member);
    pool.presenceChanged();
  };
  const bringUp = (machine: Machine): boolean => {
    if (machine.mains === 'cut' || machine.power !== 'off') return false;
    machine.power = 'poweringOn';
    const { boots } = machine;
    pool.time.outside.after(pool.latencies.powerOnMs, () => {
      if (machine.boots === boots && machine.power === 'poweringOn') boot(machine);
    });
    pool.presenceChanged();
    return true;
  };
  const boot = (machine: Machine): void => {
    machine.power = 'on';
    const { boots } = machine;
    pool.time.lab.after(pool.latencies.bootMs, () => {
      if (machine.boots !== boots) return;
      machine.operatingSystem = 'up';
      const member = memberOn(machine);
      if (member !== undefined) startToolstack(pool, member, 'boot');
      pool.presenceChanged();
    });
  };
  return {
    cutMains: (machine) => {
      machine.mains = 'cut';
      if (machine.power !== 'off') lose(machine);
    },
    restoreMains: (machine) => {
      if (machine.mains === 'present') return;
      machine.mains = 'present';
      bringUp(machine);
    },
    takeOff: (machine) => {
      if (machine.power === 'off') return false;
      lose(machine);
      return true;
    },
    bringUp,
  };
}
