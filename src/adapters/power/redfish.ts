import { known, type Reading, unknown } from '../../domain/reading.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EffectReply } from '../../ports/hypervisor.ts';
import type { Network } from '../../ports/network.ts';
import type { OpenRedfish, PowerDevice, PowerReading, RedfishAccess } from '../../ports/power.ts';
import { TransportError } from '../network/transportError.ts';
import type { RedfishFailure, RedfishPath, Resource } from './redfishHttp.ts';
import { createRedfishLogin } from './redfishLogin.ts';
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

function openDevice(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  access: RedfishAccess,
): PowerDevice {
  const { origin } = access;
  let systemPath: string | undefined;
  const path: RedfishPath = {
    origin,
    clock,
    dispatcher: openConnection(network, access),
    secrets: () => login.secrets(),
  };
  const login = createRedfishLogin(path, { clock, access });

  const findSystem = async (endAtMs: number): Promise<string | Failure> => {
    if (systemPath !== undefined) return systemPath;
    const systems = await login.systems(left(clock, endAtMs));
    if (systems.kind !== 'found') return failure(systems);
    const reply = await login.ask(systems.path, left(clock, endAtMs));
    if (reply.kind !== 'done') return failure(reply);
    const members = membersIn(origin, reply.resource ?? {});
    const chosen = chooseSystem(access, members);
    if (typeof chosen === 'string') systemPath = chosen;
    return chosen;
  };

  const readSystem = async (
    endAtMs: number,
  ): Promise<{ readonly kind: 'system'; readonly system: Resource; readonly atMs: number } | Failure> => {
    const found = await findSystem(endAtMs);
    if (typeof found !== 'string') return found;
    const atMs = clock.monotonicMs();
    const reply = await login.ask(found, left(clock, endAtMs));
    if (reply.kind === 'refused' && reply.status === 404) systemPath = undefined;
    if (reply.kind !== 'done') return failure(reply);
    if (reply.resource === undefined) {
      return {
        kind: 'failed',
        because: `${origin} answers ${found} with something that is no Redfish resource`,
      };
    }
    return { kind: 'system', system: reply.resource, atMs };
  };

  const read = async (deadlineMs: number): Promise<Reading<PowerReading>> => {
    const answer = await readSystem(clock.monotonicMs() + deadlineMs);
    if (answer.kind === 'failed') return unknown(answer.because);
    const reading = powerReading(answer.system);
    if (reading === undefined) return unknown(`${device.name} does not tell its power state`);
    return known(reading, answer.atMs, device.name);
  };

  const reset = async (wanted: 'on' | 'off', deadlineMs: number): Promise<EffectReply> => {
    const endAtMs = clock.monotonicMs() + deadlineMs;
    const answer = await readSystem(endAtMs);
    if (answer.kind === 'failed') return { kind: 'notSent', because: answer.because };
    // Many controllers refuse to switch off what is off; that is no failure.
    if (powerReading(answer.system)?.power === wanted) return { kind: 'succeeded' };
    const action = resetAction(origin, answer.system);
    if (action === undefined) return { kind: 'notSent', because: `${device.name} offers no reset` };
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
        because: `${device.name} offers no ${resetTypes[wanted][0]}, only ${offered}`,
      };
    }
    const reply = await login.send(action.target, { ResetType: resetType }, left(clock, endAtMs));
    if (reply.kind === 'done') return { kind: 'succeeded' };
    if (reply.kind === 'refused') return { kind: 'failed', code: reply.code, says: reply.says };
    return { kind: reply.mayHaveArrived ? 'lost' : 'notSent', because: reply.says };
  };

  const device: PowerDevice = {
    get name() {
      return `redfish ${origin}${systemPath ?? ''}`;
    },
    read,
    off: (deadlineMs) => reset('off', deadlineMs),
    on: (deadlineMs) => reset('on', deadlineMs),
    close: () => {
      void login.close().then(() => {
        if (!(path.dispatcher instanceof TransportError)) path.dispatcher.destroy().catch(() => {});
      });
    },
  };
  return device;
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
