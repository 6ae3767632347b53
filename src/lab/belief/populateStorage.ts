import type { LabDocument, LabMember, LabStorage } from '../document.ts';
import type { Seeded } from '../seeded.ts';
import type { Database } from './database.ts';
import { emptyRecord } from './records.ts';

/** What a new pool database has of storage: repositories, the plugs of members to them, disks and media. */

export interface StorageParts {
  readonly document: LabDocument;
  readonly seeded: Seeded;
}

export function storageRef(seeded: Seeded, storage: Pick<LabStorage, 'uuid'>): string {
  return seeded.ref(`sr/${storage.uuid}`);
}

export function pbdRef(seeded: Seeded, storage: LabStorage, member: LabMember): string {
  return seeded.ref(`pbd/${storage.uuid}/${member.name}`);
}

interface Make {
  readonly type: string;
  readonly contentType: string;
  readonly deviceConfig: Readonly<Record<string, string>>;
}

/** As XAPI names them: a shared SR of disks or ISOs over NFS, a local one, and the drive that every host finds by itself. */
function makeOf({ kind, shared }: LabStorage): Make {
  if (kind === 'isoLibrary') {
    return { type: 'iso', contentType: 'iso', deviceConfig: { location: '10.77.2.1:/export/iso' } };
  }
  if (kind === 'hostDrive') {
    return { type: 'udev', contentType: 'iso', deviceConfig: { location: '/dev/xapi/cd' } };
  }
  return shared
    ? {
        type: 'nfs',
        contentType: 'user',
        deviceConfig: { server: '10.77.2.1', serverpath: '/export/lab' },
      }
    : { type: 'ext', contentType: 'user', deviceConfig: { device: '/dev/sda3' } };
}

export function insertStorage(
  database: Database,
  storage: LabStorage,
  { document, seeded }: StorageParts,
): void {
  const users = document.members.filter((each) => storage.shared || each.name === storage.hostName);
  const { type, contentType, deviceConfig } = makeOf(storage);
  database.insert('SR', storageRef(seeded, storage), {
    ...emptyRecord('SR'),
    uuid: storage.uuid,
    name_label: storage.name,
    type,
    content_type: contentType,
    shared: storage.shared,
    physical_size: storage.kind === 'disks' ? 64 * 1024 ** 4 : 0,
    PBDs: users.map((each) => pbdRef(seeded, storage, each)),
    allowed_operations: ['scan', 'plug', 'unplug', 'vdi_create', 'vdi_destroy'],
  });
  for (const each of users) {
    database.insert('PBD', pbdRef(seeded, storage, each), {
      ...emptyRecord('PBD'),
      uuid: seeded.uuid(`pbd/${storage.uuid}/${each.name}`),
      host: each.hostRef,
      SR: storageRef(seeded, storage),
      device_config: deviceConfig,
      currently_attached: true,
    });
  }
}

interface Disk {
  readonly seeded: Seeded;
  readonly uuid: string;
  readonly name: string;
  readonly srRef: string;
  readonly vbds: readonly string[];
  readonly smConfig: Readonly<Record<string, string>>;
}

/** Returns the disk's reference. */
export function insertDisk(database: Database, { seeded, uuid, name, srRef, vbds, smConfig }: Disk): string {
  const vdi = seeded.ref(`vdi/${uuid}`);
  database.insert('VDI', vdi, {
    ...emptyRecord('VDI'),
    uuid,
    name_label: name,
    SR: srRef,
    VBDs: vbds,
    virtual_size: 20 * 1024 ** 3,
    physical_utilisation: 8 * 1024 ** 3,
    type: 'system',
    location: uuid,
    managed: true,
    sm_config: smConfig,
    on_boot: 'persist',
  });
  return vdi;
}

const isoNames = ['debian-13.iso', 'drivers.iso'];

/** What can be put into drives: ISO files in the library, and whatever lies in the drive of a host. */
export function insertMedia(
  database: Database,
  storage: LabStorage,
  { seeded }: StorageParts,
): readonly string[] {
  if (storage.kind === 'disks') return [];
  const names = storage.kind === 'isoLibrary' ? isoNames : ['SCSI 0:0:0:0'];
  return names.map((name) => {
    const uuid = seeded.uuid(`medium/${storage.uuid}/${name}`);
    const vdi = seeded.ref(`vdi/${uuid}`);
    database.insert('VDI', vdi, {
      ...emptyRecord('VDI'),
      uuid,
      name_label: name,
      SR: storageRef(seeded, storage),
      virtual_size: 700 * 1024 ** 2,
      type: 'user',
      location: storage.kind === 'isoLibrary' ? name : '/dev/xapi/cd/sr0',
      managed: true,
      read_only: true,
      on_boot: 'persist',
    });
    return vdi;
  });
}
