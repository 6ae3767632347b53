/**
 * What was heard of each machine of a pool by anyone: by the operator, by the pool master, by its power controller. Two
 * things follow. A controller that says Off of a machine that lives is caught, and is trusted no more. And a sign of life
 * that came to others while the operator heard nothing is remembered, because it ends people's words. Both are shown in
 * the status of the Host, from where a restarted process takes them over.
 */
import type { Host } from '../api/generated/types.ts';
import { caughtBy, type Distrust, isEnded, type OffReading } from '../domain/fence/trust.ts';
import type { Cut, PowerObservation } from '../domain/xapi/facts.ts';
import type { Clock } from '../ports/clock.ts';
import { originOfController, type Redfish } from './identifyingKeys.ts';

export interface LifeSign {
  readonly by: string;
  readonly atWallMs: number;
  /** Undefined where an earlier process heard it. */
  readonly atMs: number | undefined;
}

export interface SignsOfLife {
  /** A reading of its power has come. A power that is not off is a sign of life of a machine that does not answer. */
  powerRead(hostUUID: string, reading: PowerObservation, silent: boolean): void;
  /** It answered the operator itself, at a question of that monotonic moment. */
  answered(hostUUID: string, by: string, askedMs: number): void;
  /** Others heard of it while the operator did not. */
  heardByOthers(hostUUID: string, by: string, askedMs: number): void;
  /** Something else showed, at that moment, that its controller is not the right one. */
  holdAgainst(hostUUID: string, because: string, atWallMs: number): void;
  /** Its power was cut, and nobody knows yet whose that was; undefined when it is known that it was no other member's. */
  powerWasCut(hostUUID: string, cut: Cut | undefined): void;
  openCut(host: Host): Cut | undefined;
  distrust(host: Host): Distrust | undefined;
  lastByOthers(host: Host): LifeSign | undefined;
  confirmed(host: Host): { readonly device: string; readonly atWallMs: number } | undefined;
  /** That controller has said On since this process reads it, or is confirmed. */
  showedOn(host: Host, device: string): boolean;
}

interface Machine {
  readonly hostUUID: string;
  off: OffReading | undefined;
  newest: PowerObservation | undefined;
  /** Which controller said On last. */
  onBy: string | undefined;
  /** Monotonic moment of the newest answer to the operator. */
  answeredMs: number;
  distrust: Distrust | undefined;
  /** What was held against it last until a person dealt with it. */
  forgiven: Distrust | undefined;
  /** The newest checkedAt of its controllers, as declared when its Host was last looked at. */
  checkedWallMs: number;
  byOthers: LifeSign | undefined;
  /** `closed` where this process knows what became of the newest. */
  cut: Cut | 'closed' | undefined;
  confirmed: { readonly device: string; readonly atWallMs: number } | undefined;
}

/** An On and an answer this close together are of one time. */
const sameTimeMs = 90_000;

export function createSignsOfLife(clock: Clock, onChange: (hostUUID: string) => void): SignsOfLife {
  const machines = new Map<string, Machine>();
  const startedWallMs = clock.wallMs();
  const startedMs = clock.monotonicMs();
  const of = (hostUUID: string): Machine => {
    const known = machines.get(hostUUID);
    if (known !== undefined) return known;
    const machine: Machine = {
      hostUUID,
      off: undefined,
      newest: undefined,
      onBy: undefined,
      answeredMs: Number.NEGATIVE_INFINITY,
      distrust: undefined,
      forgiven: undefined,
      checkedWallMs: Number.NEGATIVE_INFINITY,
      byOthers: undefined,
      cut: undefined,
      confirmed: undefined,
    };
    machines.set(hostUUID, machine);
    return machine;
  };
  const heardNow = (by: string): LifeSign => ({ by, atWallMs: clock.wallMs(), atMs: clock.monotonicMs() });
  const hold = (machine: Machine, held: Omit<Distrust, 'checkedWallMs'>): void => {
    machine.distrust = { ...held, checkedWallMs: machine.checkedWallMs };
    onChange(machine.hostUUID);
  };
  /** Compared with the newest "off" alone: an older one is caught by the sign of life that came first after it. */
  const compare = (machine: Machine, by: string, askedMs: number): void => {
    const { off } = machine;
    if (off === undefined) return;
    const caught = caughtBy(off, { by, askedMs, heardMs: clock.monotonicMs() });
    if (caught === undefined || machine.distrust?.because === caught) return;
    hold(machine, { device: off.device, because: caught, atWallMs: clock.wallMs() });
  };
  const confirm = (machine: Machine): void => {
    const { newest } = machine;
    if (newest?.power !== 'on' || Math.abs(newest.atMs - machine.answeredMs) > sameTimeMs) return;
    if (machine.confirmed?.device === newest.device) return;
    machine.confirmed = { device: newest.device, atWallMs: clock.wallMs() };
    onChange(machine.hostUUID);
  };

  const confirmed = (host: Host): ReturnType<SignsOfLife['confirmed']> => {
    // What an earlier process saw first stays as it was written down.
    const known = [recordedConfirmation(host), machines.get(host.spec.hostUUID)?.confirmed];
    return known.find((one) => one !== undefined && isDeclared(host, one.device));
  };

  return {
    powerRead: (hostUUID, reading, silent) => {
      const machine = of(hostUUID);
      if (machine.newest?.atMs === reading.atMs) return;
      machine.newest = reading;
      if (reading.power === 'on') machine.onBy = reading.device;
      confirm(machine);
      const { device, says, atMs } = reading;
      if (reading.power === 'off') machine.off = { device, says, askedMs: atMs, cameMs: clock.monotonicMs() };
      else if (silent) machine.byOthers = heardNow(`${device} said "${says}"`);
    },
    answered: (hostUUID, by, askedMs) => {
      const machine = of(hostUUID);
      machine.answeredMs = askedMs;
      compare(machine, by, askedMs);
      confirm(machine);
    },
    heardByOthers: (hostUUID, by, askedMs) => {
      const machine = of(hostUUID);
      machine.byOthers = heardNow(by);
      compare(machine, by, askedMs);
    },
    holdAgainst: (hostUUID, because, atWallMs) => {
      const machine = of(hostUUID);
      const isKnown = [machine.distrust, machine.forgiven].some(
        (one) => one?.because === because && one.atWallMs === atWallMs,
      );
      if (isKnown) return;
      hold(machine, { device: machine.newest?.device ?? '', because, atWallMs });
    },
    powerWasCut: (hostUUID, cut) => {
      const machine = of(hostUUID);
      const before = machine.cut;
      machine.cut = cut ?? 'closed';
      const same = typeof before === 'object' && before.atWallMs === cut?.atWallMs;
      if (before !== machine.cut && !same) onChange(hostUUID);
    },
    openCut: (host) => {
      const cut = machines.get(host.spec.hostUUID)?.cut ?? recordedCut(host, startedMs);
      return cut === 'closed' ? undefined : cut;
    },
    distrust: (host) => {
      const machine = of(host.spec.hostUUID);
      const held = machine.distrust ?? recordedDistrust(host);
      const rung = held === undefined ? undefined : redfishOf(host).find((one) => isOf(held.device, one));
      if (held !== undefined && rung !== undefined && isEnded(held, checkedOf(rung), clock.wallMs())) {
        // For good: whatever catches it from now on is new, in the same words or not, and whatever clocks do.
        machine.forgiven = held;
        machine.distrust = undefined;
      }
      machine.checkedWallMs = Math.max(Number.NEGATIVE_INFINITY, ...redfishOf(host).map(checkedOf));
      if (held === machine.forgiven) return undefined;
      // Nothing is held against another controller that is declared instead.
      const replaced = rung === undefined && redfishOf(host).length > 0 && held?.device !== '';
      return replaced ? undefined : held;
    },
    lastByOthers: (host) => machines.get(host.spec.hostUUID)?.byOthers ?? recordedSign(host, startedWallMs),
    confirmed,
    showedOn: (host, device) =>
      machines.get(host.spec.hostUUID)?.onBy === device || confirmed(host)?.device === device,
  };
}

function redfishOf(host: Host): readonly Redfish[] {
  return (host.spec.power ?? []).flatMap(({ redfish }) => (redfish === undefined ? [] : [redfish]));
}

function checkedOf({ checkedAt }: Redfish): number {
  return checkedAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(checkedAt);
}

function isDeclared(host: Host, device: string): boolean {
  return (host.spec.power ?? []).some(({ redfish }) => redfish !== undefined && isOf(device, redfish));
}

/** Devices are named by the origin of their URL, which leaves out a port that goes without saying. */
function isOf(device: string, redfish: Redfish): boolean {
  const origin = originOfController(redfish);
  return device.split(' ').some((word) => word === origin || word.startsWith(`${origin}/`));
}

function recordedDistrust(host: Host): Distrust | undefined {
  const record = host.status?.distrust;
  if (record?.because === undefined) return undefined;
  return {
    device: record.device ?? '',
    because: record.because,
    atWallMs: Date.parse(record.at ?? '') || 0,
    checkedWallMs: Date.parse(record.checkedAt ?? '') || Number.NEGATIVE_INFINITY,
  };
}

/** When it was sent and done by this process's clock is not known: whoever may have been cut has to answer from now on. */
function recordedCut(host: Host, startedMs: number): Cut | undefined {
  const atWallMs = Date.parse(host.status?.openCut?.at ?? '');
  return Number.isNaN(atWallMs) ? undefined : { sentMs: startedMs, doneMs: startedMs, atWallMs };
}

/** One that lasted when it was written down may have lasted until this process began to look. */
function recordedSign(host: Host, startedWallMs: number): LifeSign | undefined {
  const record = host.status?.lastSignOfLife;
  if (record?.at === undefined) return undefined;
  return {
    by: record.by ?? 'somebody heard of it',
    atWallMs: record.lasts === true ? startedWallMs : Date.parse(record.at) + recordedEveryMs,
    atMs: undefined,
  };
}

function recordedConfirmation(
  host: Host,
): { readonly device: string; readonly atWallMs: number } | undefined {
  const record = host.status?.controllerConfirmed;
  return record?.device === undefined
    ? undefined
    : { device: record.device, atWallMs: Date.parse(record.at ?? '') };
}

/** A newer sign of life is written down when the recorded one is older than this. */
export const recordedEveryMs = 15_000;
