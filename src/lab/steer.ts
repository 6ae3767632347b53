import type { Bmc } from './bmc/bmc.ts';
import { machineNamed, memberNamed, virtualMachineNamed } from './named.ts';
import type { Steering } from './steering.ts';
import { createStorageSteering } from './steerStorage.ts';
import type { Power } from './world/power.ts';
import { type Member, masterOf, type Pool } from './xapi/pool.ts';
import { becomeSecondMaster, rejoinFirstMaster } from './xapi/secondMaster.ts';
import { endToolstack, startToolstack, stopToolstack } from './xapi/toolstack.ts';

export interface Steered {
  readonly pool: Pool;
  readonly power: Power;
  readonly bmcs: readonly Bmc[];
}

export function createSteering({ pool, power, bmcs }: Steered): Steering {
  const { network, faults } = pool;
  const at = (host: string): Member => memberNamed(pool, host);
  const bmcOf = (host: string): Bmc => {
    const { name } = at(host).identity.bmc;
    const bmc = bmcs.find((each) => each.identity.name === name);
    if (bmc === undefined) throw new Error(`${host} has no BMC`);
    return bmc;
  };
  return {
    cutPower: (host) => power.cutMains(machineNamed(pool, host)),
    restorePower: (host) => power.restoreMains(machineNamed(pool, host)),
    pressPowerButton: (host) => {
      power.bringUp(machineNamed(pool, host));
    },
    partition: (a, b, kind) => network.cut(a, b, kind),
    mend: (a, b, kind) => network.mend(a, b, kind),
    heal: () => network.mendAll(),
    crashToolstack: (host) => endToolstack(pool, at(host)),
    restartToolstack: (host) => {
      const member = at(host);
      stopToolstack(pool, member);
      startToolstack(pool, member, 'itself');
    },
    migrate: (virtualMachine, toHost, { stopsWhen }) =>
      pool.migrations.begin({
        vmUUID: virtualMachineNamed(pool, virtualMachine).uuid,
        to: at(toHost),
        stopsWhen,
      }),
    ...createStorageSteering(pool, at),
    endMigration: (virtualMachine, how) =>
      pool.migrations.end(virtualMachineNamed(pool, virtualMachine).uuid, how),
    secondMaster: (host, state) => {
      if (state === 'on') becomeSecondMaster(pool, at(host));
      else rejoinFirstMaster(pool, at(host));
    },
    jumpClock: (host, byMs) => {
      at(host).machine.clockSkewMs += byMs;
    },
    setBmc: (host, ...behaviours) => {
      bmcOf(host).behave(behaviours);
      pool.presenceChanged();
    },
    cable: (host, machine) => {
      bmcOf(host).machine = machineNamed(pool, machine);
      pool.presenceChanged();
    },
    showOnBmc: (host, shows) => {
      bmcOf(host).shows = shows;
    },
    addFault: (fault) => {
      const names = pool.members.flatMap(({ identity }) => [identity.name, identity.bmc.name]);
      if (fault.at !== undefined && !names.includes(fault.at)) {
        throw new Error(
          `a fault strikes at a host or a BMC, and none is called ${fault.at}: ${names.join(', ')}`,
        );
      }
      return faults.add(fault);
    },
    removeFault: (id) => faults.remove(id),
    clearFaults: () => faults.clear(),
    setHighAvailability: (state) => {
      masterOf(pool)?.database.update('pool', pool.poolRef, { ha_enabled: state === 'on' });
    },
    setRollingUpgrade: (state) =>
      setPoolKey(pool, 'rolling_upgrade_in_progress', state === 'on' ? 'true' : undefined),
    setAutoPowerOn: (state) => setAutoPowerOn(pool, state),
  };
}

function setPoolKey(pool: Pool, key: string, value: string | undefined): void {
  const database = masterOf(pool)?.database;
  const record = database?.get('pool', pool.poolRef);
  if (database === undefined || record === undefined) return;
  const { [key]: _, ...rest } = record.other_config;
  database.update('pool', pool.poolRef, {
    other_config: value === undefined ? rest : { ...rest, [key]: value },
  });
}

function setAutoPowerOn(pool: Pool, state: 'on' | 'off'): void {
  const value = state === 'on' ? 'true' : 'false';
  setPoolKey(pool, 'auto_poweron', value);
  const database = masterOf(pool)?.database;
  for (const [ref, vm] of [...(database?.rows('VM') ?? [])]) {
    if (vm.is_control_domain || vm.is_a_template) continue;
    database?.update('VM', ref, { other_config: { ...vm.other_config, auto_poweron: value } });
  }
}
