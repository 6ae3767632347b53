import type { Member, Pool } from '../xapi/pool.ts';
import { endToolstack, startToolstack } from '../xapi/toolstack.ts';

/** What gives and takes a machine's power. Everything that runs on it is gone at the instant the power is. */
export interface Power {
  cutMains(member: Member): void;
  restoreMains(member: Member): void;
  /** Takes the power without asking the operating system. False when there was none to take. */
  takeOff(member: Member): boolean;
  /** Begins to power on and boot; false when the machine has no mains or is not off. */
  bringUp(member: Member): boolean;
}

export function createPower(pool: Pool): Power {
  const lose = (member: Member): void => {
    pool.physics.losePower(member.machine);
    endToolstack(pool, member);
    pool.presenceChanged();
  };
  const bringUp = (member: Member): boolean => {
    const { machine } = member;
    if (machine.mains === 'cut' || machine.power !== 'off') return false;
    machine.power = 'poweringOn';
    const { boots } = machine;
    pool.time.outside.after(pool.latencies.powerOnMs, () => {
      if (machine.boots === boots && machine.power === 'poweringOn') boot(member);
    });
    pool.presenceChanged();
    return true;
  };
  const boot = (member: Member): void => {
    const { machine } = member;
    machine.power = 'on';
    const { boots } = machine;
    pool.time.lab.after(pool.latencies.bootMs, () => {
      if (machine.boots !== boots) return;
      machine.operatingSystem = 'up';
      startToolstack(pool, member, 'boot');
      pool.presenceChanged();
    });
  };
  return {
    cutMains: (member) => {
      member.machine.mains = 'cut';
      if (member.machine.power !== 'off') lose(member);
    },
    restoreMains: (member) => {
      if (member.machine.mains === 'present') return;
      member.machine.mains = 'present';
      bringUp(member);
    },
    takeOff: (member) => {
      if (member.machine.power === 'off') return false;
      lose(member);
      return true;
    },
    bringUp,
  };
}
