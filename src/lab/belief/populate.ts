import type { LabDocument, LabMember, LabStorage, LabVirtualMachine } from '../document.ts';
import type { PoolShows } from '../identities.ts';
import { controlDomainMemoryBytes, memoryOverheadBytes } from '../scenario.ts';
import type { Seeded } from '../seeded.ts';
import type { Database } from './database.ts';
import { insertDisk, insertMedia, insertStorage, pbdRef, storageRef } from './populateStorage.ts';
import { emptyRecord } from './records.ts';

export interface Population {
  readonly document: LabDocument;
  readonly seeded: Seeded;
  /** XAPI's form of a date. */
  readonly installedAt: string;
  /** Seconds since 1970 at which every toolstack came up. */
  readonly agentStartedAt: number;
  /** By member, in their order: what the database says otherwise than the machine is. */
  readonly shown: readonly PoolShows[];
  /** By the lab's own name of a member or virtual machine: what the pool calls it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly storageLocks: 'kept' | 'none';
}

/** Fills a new pool database with what a healthy pool believes of itself: every member live, every VM running. */
export function populate(database: Database, population: Population): void {
  const { document, seeded, shown } = population;
  const [master] = document.members;
  const sharedStorage = document.storage.find((each) => each.shared);
  if (master === undefined || sharedStorage === undefined)
    throw new Error('a lab without members or storage');
  database.insert('pool', seeded.ref('pool'), {
    ...emptyRecord('pool'),
    uuid: document.poolUUID,
    name_label: document.poolName,
    master: master.hostRef,
    default_SR: storageRef(seeded, sharedStorage),
    suspend_image_SR: storageRef(seeded, sharedStorage),
    crash_dump_SR: storageRef(seeded, sharedStorage),
    other_config: { auto_poweron: 'false' },
  });
  for (const each of document.storage) insertStorage(database, each, population);
  const disks = new Map(
    document.storage.map((each) => [each.uuid, [...insertMedia(database, each, population)]]),
  );
  for (const each of document.virtualMachines) {
    for (const { srUUID, vdi } of insertVirtualMachine(database, each, population)) {
      disks.get(srUUID)?.push(vdi);
    }
  }
  const bystanders = insertTemplateAndSnapshot(database, { ...population, sharedStorage });
  disks.get(sharedStorage.uuid)?.push(bystanders);
  for (const each of document.storage) {
    database.update('SR', storageRef(seeded, each), { VDIs: disks.get(each.uuid) ?? [] });
  }
  for (const [index, each] of document.members.entries()) {
    insertHost(database, each, { ...population, shows: shown[index] ?? {} });
  }
}

export function virtualMachineRef(seeded: Seeded, vmUUID: string): string {
  return seeded.ref(`vm/${vmUUID}`);
}

interface Placed {
  readonly vdi: string;
  readonly srUUID: string;
}

/** Returns its disks. */
function insertVirtualMachine(
  database: Database,
  virtualMachine: LabVirtualMachine,
  population: Population,
): readonly Placed[] {
  const { document, seeded, installedAt, labels, storageLocks } = population;
  const { uuid, name } = virtualMachine;
  const vm = virtualMachineRef(seeded, uuid);
  const cd = seeded.ref(`cd/${uuid}`);
  const guest = seeded.ref(`guest/${uuid}`);
  const host = document.members.find((each) => each.name === virtualMachine.hostName)?.hostRef ?? '';
  const disks = disksOf(virtualMachine).map((disk) => ({ ...disk, vbd: seeded.ref(`vbd/${disk.diskUUID}`) }));
  database.insert('VM', vm, {
    ...emptyRecord('VM'),
    uuid,
    name_label: labels[name] ?? name,
    power_state: 'Running',
    resident_on: host,
    affinity: host,
    memory_overhead: memoryOverheadBytes,
    ...memoryOf(virtualMachine.memoryBytes),
    VCPUs_max: 2,
    VCPUs_at_startup: 2,
    actions_after_shutdown: 'destroy',
    actions_after_reboot: 'restart',
    actions_after_crash: 'restart',
    VBDs: [...disks.map((each) => each.vbd), cd],
    domid: 1,
    guest_metrics: guest,
    order: virtualMachine.order,
    start_delay: virtualMachine.startDelaySeconds,
    domain_type: 'hvm',
    allowed_operations: ['clean_shutdown', 'hard_shutdown', 'clean_reboot', 'hard_reboot', 'pool_migrate'],
  });
  database.insert('VBD', cd, {
    ...emptyRecord('VBD'),
    uuid: seeded.uuid(`cd/${uuid}`),
    VM: vm,
    userdevice: '3',
    mode: 'RO',
    type: 'CD',
    empty: true,
  });
  database.insert('VM_guest_metrics', guest, {
    ...emptyRecord('VM_guest_metrics'),
    uuid: seeded.uuid(`guest/${uuid}`),
    live: true,
    PV_drivers_detected: true,
    last_updated: installedAt,
  });
  return disks.map(({ diskUUID, srUUID, role, vbd }, index) => {
    database.insert('VBD', vbd, {
      ...emptyRecord('VBD'),
      uuid: seeded.uuid(`vbd/${diskUUID}`),
      VM: vm,
      VDI: seeded.ref(`vdi/${diskUUID}`),
      device: index === 0 ? 'xvda' : 'xvdb',
      userdevice: String(index),
      bootable: index === 0,
      mode: 'RW',
      type: 'Disk',
      currently_attached: true,
    });
    const vdi = insertDisk(database, {
      seeded,
      uuid: diskUUID,
      name: `${name} ${role}`,
      srRef: storageRef(seeded, { uuid: srUUID }),
      vbds: [vbd],
      smConfig: storageLocks === 'none' ? {} : { [`host_${host}`]: 'RW' },
    });
    return { vdi, srUUID };
  });
}

function disksOf({ diskUUID, srUUID, dataDisk }: LabVirtualMachine) {
  const system = { diskUUID, srUUID, role: 'system' };
  return dataDisk === undefined ? [system] : [system, { ...dataDisk, role: 'data' }];
}

function memoryOf(bytes: number) {
  return {
    memory_target: bytes,
    memory_static_min: bytes,
    memory_dynamic_min: bytes,
    memory_dynamic_max: bytes,
    memory_static_max: bytes,
  };
}

/** A template and a snapshot: VM records that are no virtual machines. Returns the snapshot's disk. */
function insertTemplateAndSnapshot(
  database: Database,
  { document, seeded, sharedStorage, installedAt }: Population & { readonly sharedStorage: LabStorage },
): string {
  database.insert('VM', seeded.ref('template'), {
    ...emptyRecord('VM'),
    uuid: seeded.uuid('template'),
    name_label: 'Debian 13',
    power_state: 'Halted',
    is_a_template: true,
    is_default_template: true,
    domid: -1,
    ...memoryOf(1024 ** 3),
  });
  const vm = seeded.ref('snapshot');
  const vbd = seeded.ref('vbd/snapshot');
  const [first] = document.virtualMachines;
  database.insert('VM', vm, {
    ...emptyRecord('VM'),
    uuid: seeded.uuid('snapshot'),
    name_label: `${first?.name ?? 'none'} before the update`,
    power_state: 'Halted',
    is_a_template: true,
    is_a_snapshot: true,
    ...(first === undefined ? {} : { snapshot_of: virtualMachineRef(seeded, first.uuid) }),
    snapshot_time: installedAt,
    domid: -1,
    VBDs: [vbd],
    ...memoryOf(1024 ** 3),
  });
  database.insert('VBD', vbd, {
    ...emptyRecord('VBD'),
    uuid: seeded.uuid('vbd/snapshot'),
    VM: vm,
    VDI: seeded.ref(`vdi/${seeded.uuid('vdi/snapshot')}`),
    userdevice: '0',
    mode: 'RW',
    type: 'Disk',
  });
  return insertDisk(database, {
    seeded,
    uuid: seeded.uuid('vdi/snapshot'),
    name: 'snapshot',
    srRef: storageRef(seeded, sharedStorage),
    vbds: [vbd],
    smConfig: {},
  });
}

function insertHost(
  database: Database,
  member: LabMember,
  population: Population & { readonly shows: PoolShows },
): void {
  const { document, seeded, installedAt, agentStartedAt, labels, shows } = population;
  const metrics = seeded.ref(`metrics/${member.name}`);
  const controlDomain = seeded.ref(`control domain/${member.name}`);
  const residents = document.virtualMachines.filter((each) => each.hostName === member.name);
  const used = residents.reduce((sum, each) => sum + each.memoryBytes + memoryOverheadBytes, 0);
  database.insert('host_metrics', metrics, {
    ...emptyRecord('host_metrics'),
    uuid: seeded.uuid(`metrics/${member.name}`),
    memory_total: member.memoryBytes,
    memory_free: member.memoryBytes - controlDomainMemoryBytes - used,
    live: true,
    last_updated: installedAt,
  });
  database.insert('VM', controlDomain, {
    ...emptyRecord('VM'),
    uuid: seeded.uuid(`control domain/${member.name}`),
    name_label: `Control domain on host: ${member.name}`,
    power_state: 'Running',
    is_control_domain: true,
    resident_on: member.hostRef,
    ...memoryOf(controlDomainMemoryBytes),
  });
  const storage = document.storage.filter((each) => each.shared || each.hostName === member.name);
  database.insert('host', member.hostRef, {
    ...emptyRecord('host'),
    uuid: member.hostUUID,
    name_label: labels[member.name] ?? member.name,
    hostname: member.name,
    address: shows.address ?? member.address,
    enabled: true,
    metrics,
    control_domain: controlDomain,
    resident_VMs: [controlDomain, ...residents.map((each) => virtualMachineRef(seeded, each.uuid))],
    PBDs: storage.map((each) => pbdRef(seeded, each, member)),
    API_version_major: 2,
    API_version_minor: document.version === '8.2' ? 16 : 21,
    API_version_vendor: 'XenSource',
    software_version: softwareVersion(document.version),
    bios_strings: {
      'system-manufacturer': 'Kintsugi lab',
      'system-product-name': 'Simulated machine',
      'system-serial-number': shows.serial ?? member.serial,
      'baseboard-serial-number': shows.boardSerial ?? member.boardSerial,
    },
    other_config: { agent_start_time: `${agentStartedAt}.`, boot_time: `${agentStartedAt - 120}.` },
    allowed_operations: ['evacuate', 'provision', 'vm_start', 'vm_migrate'],
    edition: 'free',
  });
}

function softwareVersion(version: string): Readonly<Record<string, string>> {
  return version === '8.2'
    ? { product_version: '8.2.0', platform_version: '3.2.0', xapi: '1.249', xapi_build: '1.249.41' }
    : { product_version: '8.3.0', platform_version: '3.4.0', xapi: '26.1', xapi_build: '26.1.3' };
}
