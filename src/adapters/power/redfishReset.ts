import type { MayGo } from '../../ports/acts.ts';
import type { ActReply } from '../../ports/hypervisor.ts';
import type { CutOptions, MachineIdentity, PowerReading } from '../../ports/power.ts';
import { type Device, nameOf, powerOf, readSystem, type SystemAnswer } from './redfishDevice.ts';
import type { RedfishRefusal, RedfishReply } from './redfishHttp.ts';
import { isLater } from './redfishLogin.ts';
import { allowedIn, type ResetAction, resetAction } from './redfishSystem.ts';

/** How a state is asked for, in the order of preference among what the controller offers. */
const resetTypes = { off: ['ForceOff'], on: ['On', 'ForceOn'] } as const;

type Wanted = keyof typeof resetTypes;

/** Rights may have been given meanwhile; then a refusal is no evidence any more. */
const denialHoldsMs = 10 * 60_000;

/** The machine is read, and only when it is the judged one and not yet in the wanted state, it is told. */
export async function reset(
  device: Device,
  { wanted, endAtMs, ...cut }: CutOptions & { readonly wanted: Wanted; readonly endAtMs: number },
): Promise<ActReply> {
  let answer = await readSystem(device, endAtMs);
  if (answer.kind === 'failed') return notSent(answer.because);
  const action = resetAction(device.access.origin, answer.system);
  const asked = action !== undefined && (await learnActionInfo(device, action, endAtMs));
  // What is judged at the wire must not be as old as one more question has made it.
  if (asked) answer = await readSystem(device, endAtMs);
  if (answer.kind === 'failed') return notSent(answer.because);

  const reading = powerOf(device, answer);
  if (reading.kind === 'unknown') return notSent(reading.because);
  cut.onReading?.(reading);
  const stranger = cut.judged === undefined ? undefined : difference(cut.judged, reading.value);
  if (stranger !== undefined) return notSent(`${nameOf(device)} ${stranger}`);
  // Many controllers refuse to switch off what is off; that is no failure.
  if (reading.value.power === wanted) return { kind: 'succeeded' };
  const resetType = chooseResetType(device, action, wanted);
  if (action === undefined || resetType.kind === 'none') {
    return { kind: 'failed', code: 'NotOffered', says: resetType.says };
  }
  const reply = await send(device, { action, resetType: resetType.type, answer, endAtMs, mayGo: cut.mayGo });
  return whatItMeans(device, reply);
}

/** Asks for the types where they are told, once; true when a question was asked. */
export async function learnActionInfo(
  device: Device,
  { allowed, infoPath }: ResetAction,
  endAtMs: number,
): Promise<boolean> {
  if (allowed !== undefined || infoPath === undefined || device.actionInfo?.path === infoPath) return false;
  const info = await device.login.look(infoPath, endAtMs);
  if (info.kind === 'done' && info.resource !== undefined) {
    device.actionInfo = { path: infoPath, allowed: allowedIn(info.resource) };
  }
  return true;
}

/** What the reset is asked with; where the controller does not say what it takes, it has to be tried. */
export function chooseResetType(
  device: Device,
  action: ResetAction | undefined,
  wanted: Wanted,
):
  | { readonly kind: 'some'; readonly type: string; readonly says: string }
  | { readonly kind: 'none'; readonly says: string } {
  const name = nameOf(device);
  if (action === undefined) return { kind: 'none', says: `${name} offers no reset of its machine` };
  const { actionInfo } = device;
  const allowed = action.allowed ?? (actionInfo?.path === action.infoPath ? actionInfo?.allowed : undefined);
  const type = resetTypes[wanted].find((each) => allowed === undefined || allowed.includes(each));
  if (type !== undefined) return { kind: 'some', type, says: '' };
  return { kind: 'none', says: `${name} offers no ${resetTypes[wanted][0]}, only ${allowed?.join(', ')}` };
}

/** Sent once; once more with the precondition, where the controller asks for it and has done nothing. */
async function send(
  { login }: Device,
  sending: {
    readonly action: ResetAction;
    readonly resetType: string;
    readonly answer: SystemAnswer;
    readonly endAtMs: number;
    readonly mayGo: MayGo | undefined;
  },
): Promise<RedfishReply> {
  const { action, resetType, answer, endAtMs, mayGo } = sending;
  const effect = {
    path: action.target,
    body: { ResetType: resetType },
    ...(mayGo === undefined ? {} : { mayGo }),
  };
  const reply = await login.send(effect, endAtMs);
  const wantsMatch = reply.kind === 'refused' && (reply.status === 412 || reply.status === 428);
  if (!wantsMatch || answer.etag === undefined) return reply;
  return await login.send({ ...effect, headers: { 'if-match': answer.etag } }, endAtMs);
}

function whatItMeans(device: Device, reply: RedfishReply): ActReply {
  if (reply.kind === 'done') {
    device.denial = undefined;
    return { kind: 'succeeded' };
  }
  if (reply.kind === 'unreachable') {
    return { kind: reply.mayHaveArrived ? 'lost' : 'notSent', because: reply.says };
  }
  // "Busy", or the session ended since the machine was read: nothing was begun, and the next try may fare better.
  if (isLater(reply) || reply.status === 401) return notSent(`${reply.says}.`);
  if (reply.status === 403) return denied(device, reply);
  return { kind: 'failed', code: reply.code, says: reply.says };
}

function denied(device: Device, { code, says }: RedfishRefusal): ActReply {
  const because = `${says}: the account ${device.access.userName} has no right to reset the machine; give it the role Operator`;
  device.denial = { because, untilMs: device.clock.monotonicMs() + denialHoldsMs };
  return { kind: 'failed', code, says: because };
}

const shownAs: Readonly<Record<keyof MachineIdentity, string>> = {
  serial: 'serial',
  sku: 'SKU',
  systemUUID: 'system UUID',
};

/** What the machine shows otherwise than the one that was judged; undefined for the same. */
function difference(judged: MachineIdentity, read: PowerReading): string | undefined {
  const names = ['serial', 'sku', 'systemUUID'] as const;
  const other = names.find((name) => judged[name] !== read[name]);
  return other === undefined
    ? undefined
    : `now shows the ${shownAs[other]} ${read[other] || '(none)'} instead of ${judged[other] || '(none)'}: it may control another machine now, and its power is not cut.`;
}

function notSent(because: string): ActReply {
  return { kind: 'notSent', because };
}
