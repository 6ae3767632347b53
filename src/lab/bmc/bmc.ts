import type { LabBmc } from '../document.ts';
import type { Presence } from '../lab.ts';
import type { BmcBehaviour } from '../steering.ts';
import type { Power } from '../world/power.ts';
import type { Member, Pool } from '../xapi/pool.ts';

/** The controller on one machine's board: what it does, and what it says, which need not be the same. */
export interface Bmc {
  readonly identity: LabBmc;
  behaviour: BmcBehaviour;
  presence(): Presence;
  /** Redfish's word for the power. */
  powerState(): 'On' | 'Off' | 'PoweringOff' | 'PoweringOn';
  serial(): string;
  /** A product number, as most makers show: the same on every machine. */
  sku(): string;
  systemUUID(): string;
  /** Starts to cut the power, for good in `forceOffMs`; `alreadyOff` when there is none. */
  forceOff(user: string): 'accepted' | 'alreadyOff';
  powerOn(): 'accepted' | 'alreadyOn';
  forceRestart(user: string): 'accepted' | 'alreadyOff';
}

export interface BmcParts {
  readonly pool: Pool;
  readonly member: Member;
  readonly power: Power;
}

export function createBmc({ pool, member, power }: BmcParts): Bmc {
  const { machine, identity } = member;

  const cutLater = (user: string, then: () => void): void => {
    machine.power = 'poweringOff';
    pool.time.outside.after(pool.latencies.forceOffMs, () => {
      if (machine.power !== 'poweringOff' || !power.takeOff(member)) return;
      pool.oracle.took({
        kind: 'forceOff',
        target: identity.name,
        caller: `redfish ${user}`,
        changedAnything: true,
      });
      then();
    });
  };
  const off = (user: string, then: () => void): 'accepted' | 'alreadyOff' => {
    if (bmc.behaviour === 'ignoresReset' || bmc.behaviour === 'saysAlwaysOff') return 'accepted';
    if (machine.power === 'off') return 'alreadyOff';
    if (machine.power !== 'poweringOff') cutLater(user, then);
    return 'accepted';
  };

  const bmc: Bmc = {
    identity: identity.bmc,
    behaviour: 'honest',
    presence: () => {
      const hasPower = bmc.behaviour !== 'losesPowerWithHost' || machine.mains === 'present';
      const reached = pool.network.reaches('operator', identity.bmc.name, 'management');
      return hasPower && reached ? 'open' : 'silent';
    },
    powerState: () => {
      if (bmc.behaviour === 'saysAlwaysOff') return 'Off';
      if (bmc.behaviour === 'saysAlwaysOn') return 'On';
      if (machine.power === 'poweringOff') return pool.habits.whilePoweringOff;
      if (machine.power === 'poweringOn') return 'PoweringOn';
      return machine.power === 'on' ? 'On' : 'Off';
    },
    serial: () =>
      bmc.behaviour === 'anotherSerial' ? `KT${pool.seeded.word('another serial', 8)}` : machine.serial,
    sku: () => 'KT-2U-LAB',
    systemUUID: () =>
      bmc.behaviour === 'anotherSerial' ? pool.seeded.uuid('another system') : machine.systemUUID,
    forceOff: (user) => off(user, () => {}),
    powerOn: () => {
      if (machine.power === 'on') return 'alreadyOn';
      power.bringUp(member);
      return 'accepted';
    },
    forceRestart: (user) => off(user, () => power.bringUp(member)),
  };
  return bmc;
}
