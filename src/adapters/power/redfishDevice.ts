import { known, type Reading, unknown } from '../../domain/kernel/reading.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PowerReading, RedfishAccess } from '../../ports/power.ts';
import type { RedfishFailure } from './redfishHttp.ts';
import { idOf, membersIn, type Resource } from './redfishLinks.ts';
import type { RedfishLogin } from './redfishLogin.ts';
import { powerReading } from './redfishSystem.ts';

/** One system of one controller: where it is found, and what was learned of it that need not be asked again. */
export interface Device {
  readonly access: RedfishAccess;
  readonly clock: Clock;
  readonly login: RedfishLogin;
  /** Of the system, once it was found. */
  systemPath: string | undefined;
  /** The reset types of an ActionInfo resource, which is firmware and does not change. */
  actionInfo: { readonly path: string; readonly allowed: readonly string[] | undefined } | undefined;
  /** A reset that the controller refused by right. */
  denial: { readonly because: string; readonly untilMs: number } | undefined;
}

export interface SystemAnswer {
  readonly kind: 'system';
  readonly system: Resource;
  /** When it was asked for, which is the earliest moment that it can be about. */
  readonly atMs: number;
  /** What a precondition (If-Match) of this resource is made of, where the controller has one. */
  readonly etag: string | undefined;
}

export interface NoSystem {
  readonly kind: 'failed';
  readonly because: string;
}

/** The same for two devices exactly when they are one: a port that is implied and a closing slash make no difference. */
export function nameOf({ access, systemPath }: Device): string {
  const origin = URL.canParse(access.origin) ? new URL(access.origin).origin : access.origin;
  return `redfish ${origin}${(systemPath ?? '').replace(/\/+$/, '')}`;
}

export async function readPower(device: Device, endAtMs: number): Promise<Reading<PowerReading>> {
  const answer = await readSystem(device, endAtMs);
  return answer.kind === 'failed' ? unknown(answer.because) : powerOf(device, answer);
}

export function powerOf(device: Device, { system, atMs }: SystemAnswer): Reading<PowerReading> {
  const reading = powerReading(system);
  if (reading === undefined) return unknown(`${nameOf(device)} does not tell its power state`);
  return known(reading, atMs, nameOf(device));
}

export async function readSystem(device: Device, endAtMs: number): Promise<SystemAnswer | NoSystem> {
  const { clock, login, access } = device;
  const found = await findSystem(device, endAtMs);
  if (typeof found !== 'string') return found;
  const atMs = clock.monotonicMs();
  const reply = await login.ask(found, endAtMs, (resource) => powerReading(resource) !== undefined);
  if (reply.kind === 'refused' && reply.status === 404) device.systemPath = undefined;
  if (reply.kind !== 'done') return failure(reply);
  if (reply.resource === undefined) {
    return {
      kind: 'failed',
      because: `${access.origin} answers ${found} with something that is no Redfish resource`,
    };
  }
  // Behind a redirect it is asked for directly from now on.
  if (device.systemPath === found) device.systemPath = reply.path;
  const { '@odata.etag': inBody } = reply.resource;
  const etag = reply.headers['etag'] ?? (typeof inBody === 'string' ? inBody : undefined);
  return { kind: 'system', system: reply.resource, atMs, etag };
}

async function findSystem(device: Device, endAtMs: number): Promise<string | NoSystem> {
  const { access, login } = device;
  if (device.systemPath !== undefined) return device.systemPath;
  const root = await login.root(endAtMs);
  if (root.kind !== 'found') return failure(root);
  const reply = await login.ask(root.root.systems, endAtMs, ({ Members: members }) => Array.isArray(members));
  if (reply.kind !== 'done') return failure(reply);
  const chosen = chooseSystem(access, membersIn(access.origin, reply.resource ?? {}));
  if (typeof chosen === 'string') device.systemPath = chosen;
  return chosen;
}

function chooseSystem(access: RedfishAccess, members: readonly string[]): string | NoSystem {
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

function failure(reply: RedfishFailure): NoSystem {
  return { kind: 'failed', because: reply.says };
}
