/** What a world of ./facts.ts is made of: one host, one virtual machine, one disk, one reading; each as it is when all is well. */

import type { DeclaredIdentity, ShownIdentity } from '../../src/domain/fence/machineNumbers.ts';
import { known, type Reading, unknown } from '../../src/domain/kernel/reading.ts';
import type { DeclaredVirtualServer, PowerObservation } from '../../src/domain/xapi/facts.ts';
import type {
  DiskLocks,
  HostBelief,
  MemberAnswer,
  PoolBelief,
  StorageBelief,
  VirtualMachineBelief,
} from '../../src/domain/xapi/pool.ts';

export const nowMs = 50_000_000;
export const nowWallMs = 1_800_000_000_000;
export const gib = 1024 ** 3;

export const poolUUID = 'b0000000-0000-4000-8000-00000000000b';
export const master = hostUUID(1);
export const target = hostUUID(3);
export const bmc = 'redfish https://10.0.9.3';
export const attended = 'I pulled both power cords of rack 3, unit 12';

export function hostUUID(number: number): string {
  return `a0000000-0000-4000-8000-00000000000${number}`;
}

export function vmUUID(name: string): string {
  return `c0000000-0000-4000-8000-${name.padStart(12, '0')}`;
}

export function read<T>(value: T, agoMs = 1000): Reading<T> {
  return known(value, nowMs - agoMs, 'the test');
}

export function host(number: number, change: Partial<HostBelief> = {}): HostBelief {
  return {
    uuid: hostUUID(number),
    ref: `OpaqueRef:host-${number}`,
    name: `host-${number}`,
    address: `10.0.0.${number}`,
    live: true,
    enabled: true,
    currentOperations: [],
    serial: `SN-${number}`,
    boardSerial: '',
    softwareVersion: '8.2.1',
    memoryTotalBytes: 128 * gib,
    memoryFreeBytes: 64 * gib,
    ...change,
  };
}

export function machine(name: string, change: Partial<VirtualMachineBelief> = {}): VirtualMachineBelief {
  return {
    uuid: vmUUID(name),
    name,
    powerState: 'Running',
    residentOn: target,
    scheduledOn: undefined,
    affinity: undefined,
    currentOperations: [],
    memoryBytes: 4 * gib,
    order: 0,
    startDelaySeconds: 0,
    disks: [{ vdiUUID: diskOf(name), srUUID: 'sr-shared', mode: 'RW' }],
    media: [],
    guestAgentLive: undefined,
    ...change,
  };
}

export function diskOf(name: string): string {
  return `disk-${name}`;
}

export function lock(name: string, heldBy: Readonly<Record<string, 'RW' | 'RO'>> = {}): DiskLocks {
  return {
    vdiUUID: diskOf(name),
    srUUID: 'sr-shared',
    heldBy: new Map(Object.entries(heldBy)),
    interruptedWork: [],
    currentOperations: [],
  };
}

export const heldByTarget = { 'OpaqueRef:host-3': 'RW' } as const;
export const silent: MemberAnswer = { kind: 'silent', says: 'nothing within 3 s' };
export const notRead = unknown('it could not be read');

export const declaredServer: DeclaredVirtualServer = {
  powerState: 'Running',
  order: undefined,
  priority: undefined,
  delaySeconds: undefined,
  preferredHosts: [],
  antiAffinityGroup: undefined,
  lastHost: undefined,
  mayRunOn: undefined,
  probe: 'none',
  probeTimeoutMs: 300_000,
};

export function storage(uuid: string, change: Partial<StorageBelief> = {}): StorageBelief {
  return {
    uuid,
    name: uuid,
    type: 'lvmoiscsi',
    shared: false,
    currentOperations: [],
    attachedOn: new Set(),
    knownOn: new Set(),
    ...change,
  };
}

export function powerReading(power: PowerObservation['power'], agoMs: number): PowerObservation {
  const says = { on: 'On', off: 'Off', other: 'PoweringOff' }[power];
  const shows = { serial: 'SN-3', sku: '', systemUUID: '' };
  return { power, says, ...shows, device: bmc, atMs: nowMs - agoMs, atWallMs: nowWallMs - agoMs };
}

function byUUID<T extends { readonly uuid: string }>(all: readonly T[]): ReadonlyMap<string, T> {
  return new Map(all.map((one) => [one.uuid, one]));
}

export const numbers = [1, 2, 3, 4];
const allHosts = new Set(numbers.map(hostUUID));

/** As its master tells it. */
export function pool(): PoolBelief {
  return {
    uuid: poolUUID,
    name: 'tokyo',
    masterUUID: master,
    haEnabled: false,
    rollingUpgrade: false,
    masterUpForMs: 3 * 24 * 3_600_000,
    masterUpUnsureBecause: undefined,
    hosts: byUUID(numbers.map((number) => host(number))),
    virtualMachines: byUUID([
      machine('database'),
      machine('web', { order: 1 }),
      machine('shop', { order: 1 }),
      machine('archive', { disks: [{ vdiUUID: 'disk-archive', srUUID: 'sr-local-3', mode: 'RW' }] }),
      machine('mail', { residentOn: master }),
    ]),
    storage: byUUID([
      storage('sr-shared', { shared: true, attachedOn: allHosts, knownOn: allHosts }),
      storage('sr-local-3', { attachedOn: new Set([target]), knownOn: new Set([target]) }),
    ]),
  };
}

/** What a Host declares, as its machine is. */
export function declaredIdentity(number: number, change: Partial<DeclaredIdentity> = {}): DeclaredIdentity {
  return {
    name: `host-${number}`,
    hostUUID: hostUUID(number),
    address: `10.0.0.${number}`,
    serial: `SN-${number}`,
    boardSerial: undefined,
    systemUUID: undefined,
    controllers: [{ url: `https://10.0.9.${number}`, systemId: undefined }],
    ...change,
  };
}

/** What the target's controller shows of its machine. */
export function shownIdentity(change: Partial<ShownIdentity> = {}): ShownIdentity {
  return { device: bmc, serial: 'SN-3', sku: '', systemUUID: '', ...change };
}
