import { known, type Reading, unknown } from '../../domain/reading.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EffectReply } from '../../ports/hypervisor.ts';
import type { Network } from '../../ports/network.ts';
import type { OpenRedfish, PowerDevice, PowerReading, RedfishAccess } from '../../ports/power.ts';
import { TransportError } from '../network/transportError.ts';
import type { RedfishFailure, Resource } from './redfishHttp.ts';
import { createRedfishLogin, type RedfishLogin } from './redfishLogin.ts';
import { allowedIn, idOf, membersIn, powerReading, resetAction } from './redfishSystem.ts';

/**
 * Power by Redfish (DMTF DSP0266): the state is ComputerSystem.PowerState, off is ComputerSystem.Reset with ForceOff.
 * The reset's answer only says that it was taken; machines need seconds to go off, so the caller reads until the
 * state is what it wants.
 */
export function createRedfish(deps: { readonly network: Network; readonly clock: Clock }): OpenRedfish {
  return (access) => openDevice(deps, access);
}

/** How a state is asked for, in the order of preference among what the controller offers. */
const resetTypes = { off: ['ForceOff'], on: ['On', 'ForceOn'] } as const;

type Failure = { readonly kind: 'failed'; readonly because: string };

interface Device {
  readonly access: RedfishAccess;
  readonly clock: Clock;
  readonly login: RedfishLogin;
  /** Of the system, once it was found. */
  systemPath: string | undefined;
}

function openDevice(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  access: RedfishAccess,
): PowerDevice {
  const dispatcher = openConnection(network, access);
  const secrets = (): readonly string[] => device.login.secrets();
  const login = createRedfishLogin({ origin: access.origin, clock, dispatcher, secrets }, { clock, access });
  const device: Device = { access, clock, login, systemPath: undefined };
  return {
    get name() {
      return nameOf(device);
    },
    read: (deadlineMs) => read(device, deadlineMs),
    off: (deadlineMs) => reset(device, 'off', deadlineMs),
    on: (deadlineMs) => reset(device, 'on', deadlineMs),
    close: () => {
      void login.close().then(() => {
        if (!(dispatcher instanceof TransportError)) dispatcher.destroy().catch(() => {});
      });
    },
  };
}

function nameOf({ access, systemPath }: Device): string {
  return `redfish ${access.origin}${systemPath ?? ''}`;
}

async function read(device: Device, deadlineMs: number): Promise<Reading<PowerReading>> {
  const answer = await readSystem(device, device.clock.monotonicMs() + deadlineMs);
  if (answer.kind === 'failed') return unknown(answer.because);
  const reading = powerReading(answer.system);
  if (reading === undefined) return unknown(`${nameOf(device)} does not tell its power state`);
  return known(reading, answer.atMs, nameOf(device));
}

async function reset(device: Device, wanted: 'on' | 'off', deadlineMs: number): Promise<EffectReply> {
  const { access, clock, login } = device;
  const endAtMs = clock.monotonicMs() + deadlineMs;
  const answer = await readSystem(device, endAtMs);
  if (answer.kind === 'failed') return { kind: 'notSent', because: answer.because };
  // Many controllers refuse to switch off what is off; that is no failure.
  if (powerReading(answer.system)?.power === wanted) return { kind: 'succeeded' };
  const action = resetAction(access.origin, answer.system);
  if (action === undefined) return { kind: 'notSent', because: `${nameOf(device)} offers no reset` };
  let { allowed } = action;
  if (allowed === undefined && action.infoPath !== undefined) {
    const info = await login.ask(action.infoPath, left(clock, endAtMs));
    if (info.kind === 'done' && info.resource !== undefined) allowed = allowedIn(info.resource);
  }
  const resetType = resetTypes[wanted].find((type) => allowed === undefined || allowed.includes(type));
  if (resetType === undefined) {
    const offered = allowed?.join(', ') ?? '';
    return {
      kind: 'notSent',
      because: `${nameOf(device)} offers no ${resetTypes[wanted][0]}, only ${offered}`,
    };
  }
  const reply = await login.send(action.target, { ResetType: resetType }, left(clock, endAtMs));
  if (reply.kind === 'done') return { kind: 'succeeded' };
  if (reply.kind === 'refused') return { kind: 'failed', code: reply.code, says: reply.says };
  return { kind: reply.mayHaveArrived ? 'lost' : 'notSent', because: reply.says };
}

async function readSystem(
  device: Device,
  endAtMs: number,
): Promise<{ readonly kind: 'system'; readonly system: Resource; readonly atMs: number } | Failure> {
  const { clock, login, access } = device;
  const found = await findSystem(device, endAtMs);
  if (typeof found !== 'string') return found;
  const atMs = clock.monotonicMs();
  const reply = await login.ask(found, left(clock, endAtMs));
  if (reply.kind === 'refused' && reply.status === 404) device.systemPath = undefined;
  if (reply.kind !== 'done') return failure(reply);
  if (reply.resource === undefined) {
    return {
      kind: 'failed',
      because: `${access.origin} answers ${found} with something that is no Redfish resource`,
    };
  }
  return { kind: 'system', system: reply.resource, atMs };
}

async function findSystem(device: Device, endAtMs: number): Promise<string | Failure> {
  const { access, clock, login } = device;
  if (device.systemPath !== undefined) return device.systemPath;
  const systems = await login.systems(left(clock, endAtMs));
  if (systems.kind !== 'found') return failure(systems);
  const reply = await login.ask(systems.path, left(clock, endAtMs));
  if (reply.kind !== 'done') return failure(reply);
  const chosen = chooseSystem(access, membersIn(access.origin, reply.resource ?? {}));
  if (typeof chosen === 'string') device.systemPath = chosen;
  return chosen;
}

/** What cannot be opened at all (a fingerprint that is none) is told with each reading, like any other trouble. */
function openConnection(network: Network, access: RedfishAccess) {
  try {
    const trust = { kind: 'pin', sha256Fingerprint: access.sha256Fingerprint } as const;
    return network.open({ origin: access.origin, trust, connections: 2 });
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
}

function chooseSystem(access: RedfishAccess, members: readonly string[]): string | Failure {
  const { origin, systemId } = access;
  const listed = members.length === 0 ? 'none' : members.map(idOf).join(', ');
  if (systemId !== undefined) {
    const found = members.find((member) => [systemId, encodeURIComponent(systemId)].includes(idOf(member)));
    if (found !== undefined) return found;
    return { kind: 'failed', because: `${origin} has no system ${systemId}; it has ${listed}` };
  }
  const [only] = members;
  if (only !== undefined && members.length === 1) return only;
  return {
    kind: 'failed',
    because: `${origin} has ${members.length} systems (${listed}): name the right one in systemId`,
  };
}

function failure(reply: RedfishFailure): Failure {
  return { kind: 'failed', because: reply.says };
}

function left(clock: Clock, endAtMs: number): number {
  return Math.max(1, endAtMs - clock.monotonicMs());
}
