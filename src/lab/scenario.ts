import type { LabDocument, LabMember, LabStorage, LabVirtualMachine } from './document.ts';
import { createSeeded, type Seeded } from './seeded.ts';
import type { LabOptions, Places } from './settings.ts';

const gib = 1024 ** 3;

interface Kind {
  readonly stem: string;
  readonly order: number;
  readonly startDelaySeconds: number;
  readonly priority: LabVirtualMachine['priority'];
  readonly memoryBytes: number;
  /** Of eight virtual machines, how many are of this kind. */
  readonly share: number;
}

/** Databases first, then what stands on them. */
const kinds: readonly Kind[] = [
  { stem: 'db', order: 1, startDelaySeconds: 2, priority: 'High', memoryBytes: 4 * gib, share: 2 },
  { stem: 'app', order: 2, startDelaySeconds: 1, priority: 'Normal', memoryBytes: 2 * gib, share: 3 },
  { stem: 'web', order: 3, startDelaySeconds: 0, priority: 'Normal', memoryBytes: gib, share: 2 },
  { stem: 'batch', order: 9, startDelaySeconds: 0, priority: 'Low', memoryBytes: gib, share: 1 },
];

const localKind: Kind = {
  stem: 'scratch',
  order: 9,
  startDelaySeconds: 0,
  priority: 'Low',
  memoryBytes: gib,
  share: 1,
};

/** Names, UUIDs, sizes and passwords of a lab, all from its seed. Throws a sentence when the options make no pool. */
export function drawScenario(options: LabOptions): LabDocument {
  checkOptions(options);
  const seeded = createSeeded(options.seed);
  const places = options.places ?? madeUpPlaces(options, seeded);
  const storage = drawStorage(options, seeded);
  const virtualMachines = drawVirtualMachines(options, { seeded, storage });
  const memoryBytes = memoryPerMember(options, virtualMachines);
  const password = seeded.word('root password', 16);
  const members = Array.from({ length: options.members }, (_, index): LabMember => {
    const name = `host-${index + 1}`;
    const place = places.members[index];
    const bmcPlace = places.bmcs[index];
    const machine = options.machines?.[index] ?? {};
    if (place === undefined || bmcPlace === undefined) {
      throw new Error(`the lab has ${options.members} members and places for fewer`);
    }
    return {
      name,
      hostUUID: seeded.uuid(`host/${index}`),
      hostRef: seeded.ref(`host/${index}`),
      address: place.address,
      fingerprint: place.sha256Fingerprint,
      serial: machine.serial ?? `KT${seeded.word(`serial/${index}`, 8)}`,
      boardSerial: machine.boardSerial ?? `KTB${seeded.word(`board serial/${index}`, 8)}`,
      systemUUID: machine.systemUUID ?? seeded.uuid(`system/${name}`),
      user: 'root',
      password,
      memoryBytes,
      bmc: {
        name: `bmc-${index + 1}`,
        origin: `https://${bmcPlace.address}:${places.bmcPort}`,
        fingerprint: bmcPlace.sha256Fingerprint,
        user: 'admin',
        password: seeded.word(`bmc password/${index}`, 16),
        systemId: '1',
      },
    };
  });
  return {
    seed: options.seed,
    version: options.version,
    speed: options.speed ?? 1,
    poolUUID: seeded.uuid('pool'),
    poolName: 'lab',
    port: places.port,
    members,
    storage,
    virtualMachines,
  };
}

function checkOptions(options: LabOptions): void {
  const { members, virtualServers, localVirtualServers, sharedStorage = 1, speed } = options;
  if (!Number.isInteger(members) || members < 2 || members > 64) {
    throw new Error(`a lab has 2 to 64 members, not ${members}`);
  }
  for (const [words, count] of [
    ['virtual servers', virtualServers],
    ['local virtual servers', localVirtualServers],
  ] as const) {
    if (!Number.isInteger(count) || count < 0) throw new Error(`the number of ${words} cannot be ${count}`);
  }
  if (!Number.isInteger(sharedStorage) || sharedStorage < 1 || sharedStorage > 16) {
    throw new Error(`a lab has 1 to 16 shared storage repositories, not ${sharedStorage}`);
  }
  if (speed !== undefined && !(speed > 0)) throw new Error(`the lab cannot run ${speed} times as fast`);
}

function madeUpPlaces({ members }: LabOptions, seeded: Seeded): Places {
  const place = (net: number, stem: string) =>
    Array.from({ length: members }, (_, index) => ({
      address: `10.77.${net}.${index + 1}`,
      sha256Fingerprint: seeded.fingerprint(`${stem}/${index}`),
    }));
  return { port: 443, members: place(0, 'member'), bmcPort: 443, bmcs: place(1, 'bmc') };
}

function drawStorage({ members, sharedStorage = 1 }: LabOptions, seeded: Seeded): readonly LabStorage[] {
  const shared = Array.from({ length: sharedStorage }, (_, index): LabStorage => {
    const first = index === 0;
    return {
      uuid: seeded.uuid(first ? 'sr/shared' : `sr/shared/${index}`),
      name: first ? 'shared-nfs' : `shared-nfs-${index + 1}`,
      kind: 'disks',
      shared: true,
    };
  });
  const perMember = Array.from({ length: members }, (_, index): readonly LabStorage[] => {
    const hostName = `host-${index + 1}`;
    const own = { shared: false, hostName } as const;
    return [
      { uuid: seeded.uuid(`sr/local/${index}`), name: `${hostName} local`, kind: 'disks', ...own },
      { uuid: seeded.uuid(`sr/drive/${index}`), name: `${hostName} drive`, kind: 'hostDrive', ...own },
    ];
  });
  const library: LabStorage = {
    uuid: seeded.uuid('sr/iso library'),
    name: 'iso-library',
    kind: 'isoLibrary',
    shared: true,
  };
  return [...shared, library, ...perMember.flat()];
}

interface Drawn {
  readonly seeded: Seeded;
  readonly storage: readonly LabStorage[];
}

function drawVirtualMachines(options: LabOptions, { seeded, storage }: Drawn): readonly LabVirtualMachine[] {
  const numbers = new Map<string, number>();
  const draw = (
    kind: Kind,
    place: {
      readonly key: string;
      readonly hostName: string;
      readonly sr: LabStorage;
      readonly dataSr?: LabStorage | undefined;
    },
  ): LabVirtualMachine => {
    const number = (numbers.get(kind.stem) ?? 0) + 1;
    numbers.set(kind.stem, number);
    return {
      uuid: seeded.uuid(`vm/${place.key}`),
      name: `${kind.stem}-${String(number).padStart(2, '0')}`,
      order: kind.order,
      startDelaySeconds: kind.startDelaySeconds,
      priority: kind.priority,
      memoryBytes: kind.memoryBytes,
      hostName: place.hostName,
      srUUID: place.sr.uuid,
      srName: place.sr.name,
      shared: place.sr.shared,
      diskUUID: seeded.uuid(`vdi/${place.key}`),
      ...(place.dataSr === undefined || kind.stem !== 'db'
        ? {}
        : { dataDisk: { diskUUID: seeded.uuid(`vdi/data/${place.key}`), srUUID: place.dataSr.uuid } }),
    };
  };
  const localHost = localHostName(options);
  const forDisks = storage.filter((each) => each.kind === 'disks');
  const sharedStorage = forDisks.filter((each) => each.shared);
  const sharedAt = (index: number): LabStorage => {
    const sr = sharedStorage[index % sharedStorage.length];
    if (sr === undefined) throw new Error('the lab lacks a storage repository');
    return sr;
  };
  const localStorage = forDisks.find((each) => each.hostName === localHost);
  if (localStorage === undefined) throw new Error('the lab lacks a storage repository');
  const mixture = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  // Each host gets every kind: the kind moves on one step with every round over the hosts.
  const shared = Array.from({ length: options.virtualServers }, (_, index) => {
    const round = Math.floor(index / options.members);
    const kind = mixture[(index + round) % mixture.length] ?? localKind;
    const hostName = `host-${(index % options.members) + 1}`;
    // A host's virtual machines are on all of the repositories, so they change with each round too.
    const at = index + round;
    const dataSr = sharedStorage.length > 1 ? sharedAt(at + 1) : undefined;
    return draw(kind, { key: `shared/${index}`, hostName, sr: sharedAt(at), dataSr });
  });
  const local = Array.from({ length: options.localVirtualServers }, (_, index) =>
    draw(localKind, { key: `local/${index}`, hostName: localHost, sr: localStorage }),
  );
  return [...shared, ...local];
}

/** The member whose local SR holds the local virtual machines. */
export function localHostName({ members }: Pick<LabOptions, 'members'>): string {
  return members >= 3 ? 'host-3' : 'host-2';
}

/** Enough that all but one member together have room for everything, with some to spare, and not much more. */
function memoryPerMember({ members }: LabOptions, virtualMachines: readonly LabVirtualMachine[]): number {
  const needed = virtualMachines.reduce((sum, each) => sum + each.memoryBytes + memoryOverheadBytes, 0);
  const perSurvivor = needed / (members - 1);
  const gibs = Math.ceil((perSurvivor * 1.2) / gib) + 6;
  return gibs * gib + controlDomainMemoryBytes;
}

export const memoryOverheadBytes = 11 * 1024 ** 2;
export const controlDomainMemoryBytes = 2 * gib;
