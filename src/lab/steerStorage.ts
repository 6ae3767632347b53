import type { Database } from './belief/database.ts';
import { virtualMachineNamed } from './named.ts';
import type { Steering } from './steering.ts';
import { driveOf, putInto, takeOut } from './xapi/media.ts';
import { type Member, masterOf, memberByRef, type Pool } from './xapi/pool.ts';
import { reportMemory } from './xapi/statistics.ts';

type StorageSteering = Pick<
  Steering,
  'unplugStorage' | 'plugStorage' | 'insertMedia' | 'ejectMedia' | 'statisticsDaemon' | 'label' | 'showInPool'
>;

/** What the pool's database says of storage, memory and names, and the disks that machines have open. */
export function createStorageSteering(pool: Pool, at: (host: string) => Member): StorageSteering {
  const believed = (): Database => {
    const database = masterOf(pool)?.database;
    if (database === undefined) throw new Error('no member is master');
    return database;
  };
  return {
    plugStorage: (storage, host) =>
      believed().update('PBD', plugOf(pool, believed(), { storage, host: at(host) }), {
        currently_attached: true,
      }),
    unplugStorage: (storage, host) => {
      const member = at(host);
      const pbd = plugOf(pool, believed(), { storage, host: member });
      const srUUID = pool.document.storage.find((each) => each.name === storage)?.uuid;
      const user = [...member.machine.domains.values()].find((domain) =>
        domain.disks.some((disk) => disk.srUUID === srUUID),
      );
      if (user !== undefined) throw new Error(`${user.vmName} runs on ${host} with a disk on ${storage}`);
      believed().update('PBD', pbd, { currently_attached: false });
    },
    insertMedia: (virtualMachine, from) => {
      const database = believed();
      const { uuid, hostName } = virtualMachineNamed(pool, virtualMachine);
      const drive = driveIn(database, virtualMachine, uuid);
      if (database.get('VBD', drive.vbd)?.empty === false) {
        throw new Error(`there is a medium in the drive of ${virtualMachine} already`);
      }
      const residentOn = database.get('VM', drive.vm)?.resident_on ?? '';
      const host = memberByRef(pool, residentOn)?.identity.name ?? hostName;
      const source = pool.document.storage.find(
        (each) => each.kind === from && (each.shared || each.hostName === host),
      );
      const [vdi] = database.get('SR', database.refOf('SR', source?.uuid ?? '') ?? '')?.VDIs ?? [];
      if (vdi === undefined) throw new Error(`the pool has no medium of ${from} for ${virtualMachine}`);
      putInto(pool, database, { drive, vdi });
    },
    ejectMedia: (virtualMachine) => {
      const database = believed();
      const drive = driveIn(database, virtualMachine, virtualMachineNamed(pool, virtualMachine).uuid);
      if (database.get('VBD', drive.vbd)?.empty !== false) {
        throw new Error(`there is nothing in the drive of ${virtualMachine}`);
      }
      takeOut(pool, database, drive);
    },
    statisticsDaemon: (host, state) => {
      const member = at(host);
      member.statistics = state;
      reportMemory(pool, believed(), member.identity.hostRef);
    },
    showInPool: (host, { serial, boardSerial, address }) => {
      const database = believed();
      const { identity, machine } = at(host);
      const record = database.get('host', identity.hostRef);
      if (record === undefined) throw new Error(`the pool knows ${host} no more`);
      database.update('host', identity.hostRef, {
        address: address ?? identity.address,
        bios_strings: {
          ...record.bios_strings,
          'system-serial-number': serial ?? machine.serial,
          'baseboard-serial-number': boardSerial ?? machine.boardSerial,
        },
      });
    },
    label: (name, shown) => {
      const database = believed();
      const machine = pool.document.virtualMachines.find((each) => each.name === name);
      const [className, uuid] =
        machine === undefined
          ? (['host', at(name).identity.hostUUID] as const)
          : (['VM', machine.uuid] as const);
      const ref = database.refOf(className, uuid);
      if (ref === undefined) throw new Error(`the pool knows ${name} no more`);
      database.update(className, ref, { name_label: shown });
    },
  };
}

function plugOf(
  pool: Pool,
  database: Database,
  { storage, host }: { readonly storage: string; readonly host: Member },
): string {
  const known = pool.document.storage;
  const uuid = known.find((each) => each.name === storage)?.uuid;
  if (uuid === undefined) {
    throw new Error(
      `there is no storage ${storage} in this lab; there are ${known.map((each) => each.name).join(', ')}`,
    );
  }
  const pbds = database.get('SR', database.refOf('SR', uuid) ?? '')?.PBDs ?? [];
  const found = pbds.find((each) => database.get('PBD', each)?.host === host.identity.hostRef);
  if (found === undefined) throw new Error(`${host.identity.name} has nothing to do with ${storage}`);
  return found;
}

function driveIn(database: Database, name: string, uuid: string) {
  const vm = database.refOf('VM', uuid);
  const vbd = vm === undefined ? undefined : driveOf(database, vm);
  if (vm === undefined || vbd === undefined) throw new Error(`the pool knows no drive of ${name}`);
  return { vm, vbd };
}
