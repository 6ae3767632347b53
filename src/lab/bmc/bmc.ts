import type { LabBmc } from '../document.ts';
import { type ControllerShows, productNumber } from '../identities.ts';
import type { Presence } from '../lab.ts';
import type { Machine } from '../world/machines.ts';
import type { Power } from '../world/power.ts';
import type { Pool } from '../xapi/pool.ts';
import { type BmcBehaviour, countOf, lookOfEndedSession } from './behaviours.ts';

/**
 * The controller that answers at one address: what it does, and what it says, which need not be the same. It is on the
 * board of the machine that it is cabled to, which need not be the one that people think.
 */
export interface Bmc {
  readonly identity: LabBmc;
  readonly behaviours: readonly BmcBehaviour[];
  /** How many more resets it is too busy for. */
  busyTimes: number;
  /** Session token → session id. */
  readonly sessions: Map<string, string>;
  /** Whose power it reads and cuts. */
  machine: Machine;
  /** What it shows otherwise than its machine is. */
  shows: ControllerShows;
  /** From now on it is like this, and like nothing that it was before. */
  behave(behaviours: readonly BmcBehaviour[]): void;
  is(behaviour: BmcBehaviour): boolean;
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
  readonly identity: LabBmc;
  readonly machine: Machine;
  readonly shows: ControllerShows;
  readonly power: Power;
}

export function createBmc({ pool, identity, machine: cabledTo, shows, power }: BmcParts): Bmc {
  let behaviours: readonly BmcBehaviour[] = ['honest'];
  const cutLater = (machine: Machine, user: string, then: () => void): void => {
    machine.power = 'poweringOff';
    const offAfterMs = countOf(behaviours, 'goesOffAfterMs') ?? pool.latencies.forceOffMs;
    pool.time.outside.after(offAfterMs, () => {
      if (machine.power !== 'poweringOff' || !power.takeOff(machine)) return;
      pool.oracle.took({
        kind: 'forceOff',
        target: machine.name,
        caller: `redfish ${user}`,
        changedAnything: true,
      });
      then();
    });
  };
  const off = (user: string, then: () => void): 'accepted' | 'alreadyOff' => {
    if (bmc.is('ignoresReset') || bmc.is('saysAlwaysOff')) return 'accepted';
    const { machine } = bmc;
    if (machine.power === 'off') return 'alreadyOff';
    if (machine.power !== 'poweringOff') cutLater(machine, user, then);
    return 'accepted';
  };
  const whilePoweringOff = (): 'On' | 'PoweringOff' =>
    countOf(behaviours, 'goesOffAfterMs') === undefined ? pool.habits.whilePoweringOff : 'PoweringOff';

  const bmc: Bmc = {
    identity,
    get behaviours() {
      return behaviours;
    },
    busyTimes: 0,
    sessions: new Map(),
    machine: cabledTo,
    shows,
    behave: (next) => {
      behaviours = next.length === 0 ? ['honest'] : next;
      bmc.busyTimes = countOf(behaviours, 'busyTimes') ?? 0;
      if (lookOfEndedSession(behaviours) !== undefined) bmc.sessions.clear();
    },
    is: (behaviour) => behaviours.includes(behaviour),
    presence: () => {
      const hasPower = !bmc.is('losesPowerWithHost') || bmc.machine.mains === 'present';
      const reached = pool.network.reaches('operator', identity.name, 'management');
      return hasPower && reached ? 'open' : 'silent';
    },
    powerState: () => {
      if (bmc.is('saysAlwaysOff')) return 'Off';
      if (bmc.is('saysAlwaysOn')) return 'On';
      const { machine } = bmc;
      if (machine.power === 'poweringOff') return whilePoweringOff();
      if (machine.power === 'poweringOn') return 'PoweringOn';
      return machine.power === 'on' ? 'On' : 'Off';
    },
    serial: () =>
      bmc.is('anotherSerial')
        ? `KT${pool.seeded.word('another serial', 8)}`
        : (bmc.shows.serial ?? bmc.machine.serial),
    sku: () => bmc.shows.sku ?? productNumber,
    systemUUID: () =>
      bmc.is('anotherSerial')
        ? pool.seeded.uuid('another system')
        : (bmc.shows.systemUUID ?? bmc.machine.systemUUID),
    forceOff: (user) => off(user, () => {}),
    powerOn: () => {
      if (bmc.machine.power === 'on') return 'alreadyOn';
      power.bringUp(bmc.machine);
      return 'accepted';
    },
    forceRestart: (user) => {
      const { machine } = bmc;
      return off(user, () => power.bringUp(machine));
    },
  };
  return bmc;
}
