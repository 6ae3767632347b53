import type { Clock } from '../../ports/clock.ts';
import type { Network } from '../../ports/network.ts';
import {
  answersWithinMsDefault,
  type OpenRedfish,
  type PowerDevice,
  type RedfishAccess,
} from '../../ports/power.ts';
import { TransportError } from '../network/transportError.ts';
import { cutAbility } from './redfishAbility.ts';
import { type Device, nameOf, readPower } from './redfishDevice.ts';
import { createRedfishLogin } from './redfishLogin.ts';
import { reset } from './redfishReset.ts';

/**
 * Power by Redfish (DMTF DSP0266): the state is ComputerSystem.PowerState, off is ComputerSystem.Reset with ForceOff.
 * The reset's answer only says that it was taken; machines need seconds to go off, so the caller reads until the
 * state is what it wants.
 */
export function createRedfish(deps: { readonly network: Network; readonly clock: Clock }): OpenRedfish {
  return (access) => openDevice(deps, access);
}

/**
 * Each read that is under way has a connection, and a reset does not wait for them. Of a controller that answers at once
 * one is used.
 */
const connections = 8;

function openDevice(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  access: RedfishAccess,
): PowerDevice {
  const dispatcher = openConnection(network, access);
  const secrets = (): readonly string[] => device.login.secrets();
  const { origin, answersWithinMs = answersWithinMsDefault } = access;
  const path = { origin, clock, dispatcher, answersWithinMs, secrets };
  const login = createRedfishLogin(path, { clock, access });
  const device: Device = {
    access,
    clock,
    login,
    systemPath: undefined,
    actionInfo: undefined,
    denial: undefined,
  };
  const endAtMs = (deadlineMs: number): number => clock.monotonicMs() + deadlineMs;
  return {
    get name() {
      return nameOf(device);
    },
    read: (deadlineMs) => readPower(device, endAtMs(deadlineMs)),
    cutAbility: (deadlineMs) => cutAbility(device, endAtMs(deadlineMs)),
    off: (deadlineMs, cut = {}) => reset(device, { wanted: 'off', endAtMs: endAtMs(deadlineMs), ...cut }),
    on: (deadlineMs) => reset(device, { wanted: 'on', endAtMs: endAtMs(deadlineMs) }),
    close: () => {
      void login.close().then(() => {
        if (!(dispatcher instanceof TransportError)) dispatcher.destroy().catch(() => {});
      });
    },
  };
}

/** What cannot be opened at all (a fingerprint that is none) is told with each reading, like any other trouble. */
function openConnection(network: Network, access: RedfishAccess) {
  try {
    const trust = { kind: 'pin', sha256Fingerprint: access.sha256Fingerprint } as const;
    return network.open({ origin: access.origin, trust, connections });
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
}
