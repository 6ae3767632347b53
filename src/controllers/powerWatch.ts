/**
 * Reads the power of one machine through the devices of its ladder. A settled machine is read now and then, so that a
 * controller that cannot be reached, has another machine's serial or could not cut is known before it is needed; during
 * a recovery (`attend`) it is read all the time, so that a reading of at most 5 s is always at hand (readingPace.ts). A
 * controller that nobody attends to is asked once a minute at most.
 */

import type { Known } from '../domain/kernel/reading.ts';
import type { PowerObservation } from '../domain/xapi/facts.ts';
import type { Acts, MayGo } from '../ports/acts.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { ActReply } from '../ports/hypervisor.ts';
import type { CutAbility, PowerDevice, PowerReading } from '../ports/power.ts';
import { answersForActsWithinMs, createReadingPace } from './readingPace.ts';

export interface PowerWatch {
  readonly hasDevice: boolean;
  /** Since the last sign of life of the machine, newest last; bounded. What a proof may rest on. */
  readings(): readonly PowerObservation[];
  /** The newest, whatever was heard since: what people are shown. */
  last(): PowerObservation | undefined;
  /** Why the newest attempt brought nothing; undefined when it did. */
  unknownBecause(): string | undefined;
  /** Why nothing can be done on what the device says although it says it: its answers are too old when they come. */
  tooSlowBecause(): string | undefined;
  /** Whether the device that gave the newest reading could cut the power, as far as it can be read. */
  cutAbility(): CutAbility;
  /** Something was heard of the machine: what was read before proves nothing any more. */
  signOfLife(): void;
  /** Reads now instead of at the next turn. */
  readSoon(): void;
  attend(): Cancel;
  /** Sent to the device that gave the newest reading, if it is still about the machine of that reading. */
  cut(deadlineMs: number, mayGo?: MayGo): Promise<ActReply>;
  stop(): void;
}

const settledEveryMs = 15 * 60_000;
const troubledEveryMs = 60_000;
const soonMs = 1_000;
/** Rights are changed by people, and rarely; what they mend is seen at the next turn. */
const abilityEveryMs = 60 * 60_000;
/** A device bounds each of its answers by itself; these are for all that one reading or one look at the rights may need. */
const readWithinMs = 120_000;
const abilityWithinMs = 180_000;
const keptReadings = 32;

export function createPowerWatch(options: {
  readonly clock: Clock;
  readonly devices: readonly PowerDevice[];
  /** Why a rung of the ladder could not be opened at all, in a sentence. */
  readonly unopened: string | undefined;
  readonly onChange: () => void;
}): PowerWatch {
  const { clock, devices } = options;
  const pace = createReadingPace();
  const readings: PowerObservation[] = [];
  let because =
    options.unopened ??
    (devices.length === 0 ? 'No power controller is declared.' : 'It has not been read yet.');
  let failing = true;
  let livedMs = Number.NEGATIVE_INFINITY;
  let attended = 0;
  let startedMs = Number.NEGATIVE_INFINITY;
  let rounds = 0;
  let answeredRound = 0;
  let stopped = false;
  let newest: PowerDevice | undefined;
  let ability: { readonly found: CutAbility; readonly atMs: number } | undefined;
  let asksAbility = false;
  let unknownTimes = 0;
  let cancelNext: Cancel = () => {};

  const plan = (atMs: number | undefined): void => {
    cancelNext();
    if (stopped || devices.length === 0 || atMs === undefined) return;
    cancelNext = clock.after(Math.max(0, atMs - clock.monotonicMs()), () => void readOnce());
  };
  const planNext = (): void => {
    const nowMs = clock.monotonicMs();
    // What was not looked at while a recovery needed the controller is looked at as soon as it does not.
    // An answer that was lost comes at the next try; a controller that does not tell need not be pressed.
    const looksAgain = ability?.found.kind === 'no' || (unknownTimes > 0 && unknownTimes < 3);
    const troubled = failing || pace.slow() !== 'no' || looksAgain;
    const hurries = !failing && ability === undefined;
    const settledMs = hurries ? soonMs : troubled ? troubledEveryMs : settledEveryMs;
    if (attended > 0) plan(pace.nextMs(nowMs));
    else if (pace.underWay === 0) plan(nowMs + settledMs);
  };
  const planNow = (): void => {
    const nowMs = clock.monotonicMs();
    if (attended > 0) plan(pace.underWay > 0 ? pace.nextMs(nowMs) : nowMs);
    else if (pace.underWay === 0) plan(Math.max(nowMs, startedMs + troubledEveryMs));
  };

  /** What was asked for later and answered sooner stands; where the two do not agree, neither proves anything. */
  const take = (reading: Known<PowerReading>, device: PowerDevice): void => {
    const { value, atMs } = reading;
    const before = readings.at(-1);
    if (before !== undefined && before.atMs >= atMs) {
      if (isSame(before, value)) return;
      livedMs = clock.monotonicMs();
      return;
    }
    readings.push({ ...value, device: device.name, atMs, atWallMs: clock.wallMs() });
    if (readings.length > keptReadings) readings.shift();
    newest = device;
  };
  const isAbilityDue = (): boolean => {
    // While a recovery needs the controller it is not asked for more than that, unless a "no" holds the recovery up.
    if (attended > 0 && ability?.found.kind !== 'no') return false;
    if (ability === undefined) return true;
    const lastsMs = { yes: abilityEveryMs, unknown: 0, no: attended > 0 ? troubledEveryMs : 0 };
    return clock.monotonicMs() - ability.atMs >= lastsMs[ability.found.kind];
  };
  const learnAbility = async (device: PowerDevice): Promise<void> => {
    asksAbility = true;
    const found = await device.cutAbility(abilityWithinMs);
    asksAbility = false;
    ability = { found, atMs: clock.monotonicMs() };
    unknownTimes = found.kind === 'unknown' ? unknownTimes + 1 : 0;
  };
  const readOnce = async (): Promise<void> => {
    if (stopped) return;
    rounds += 1;
    const round = rounds;
    startedMs = clock.monotonicMs();
    pace.started(startedMs);
    planNext();
    const sentences: string[] = [];
    let found: Known<PowerReading> | undefined;
    for (const device of devices) {
      const answer = await device.read(readWithinMs);
      if (answer.kind === 'known') {
        found = answer;
        take(answer, device);
        break;
      }
      sentences.push(answer.because);
    }
    const nowMs = clock.monotonicMs();
    pace.ended(nowMs, found === undefined ? undefined : nowMs - found.atMs);
    if (stopped) return;
    if (found !== undefined && newest !== undefined && !asksAbility && isAbilityDue()) {
      const looking = learnAbility(newest);
      // It goes on being read all the time, whatever else it is asked.
      if (attended > 0) void looking.then(options.onChange);
      else await looking;
    }
    const sameAsBefore = found === undefined && failing && because === sentences.join(' ');
    // A question that brought nothing says nothing beside a later one that did.
    if (found !== undefined || round > answeredRound) {
      failing = found === undefined;
      because = sentences.join(' ');
    }
    if (found !== undefined) answeredRound = Math.max(answeredRound, round);
    if (stopped) return;
    planNext();
    if (!sameAsBefore) options.onChange();
  };
  plan(clock.monotonicMs());

  return {
    hasDevice: devices.length > 0,
    readings: () => readings.filter((observation) => observation.atMs > livedMs),
    last: () => readings.at(-1),
    unknownBecause: () => (failing ? because : undefined),
    tooSlowBecause: () => {
      const slow = pace.slow();
      return typeof slow === 'string' ? undefined : tooSlow(newest?.name ?? '', slow.tookMs);
    },
    cutAbility: () =>
      ability?.found ?? { kind: 'unknown', because: 'Whether it could cut it has not been looked at yet.' },
    signOfLife: () => {
      livedMs = clock.monotonicMs();
      // What is shown would contradict it until the next turn, which may be a quarter of an hour away.
      if (readings.at(-1)?.power !== 'on') planNow();
    },
    readSoon: () => plan(clock.monotonicMs()),
    attend: () => {
      attended += 1;
      planNow();
      return () => {
        attended -= 1;
        planNext();
      };
    },
    cut: async (deadlineMs, mayGo) => {
      const device = newest;
      const judged = readings.at(-1);
      if (device === undefined || judged === undefined) {
        return { kind: 'notSent', because: 'No power controller has answered yet.' };
      }
      const onReading = (reading: Known<PowerReading>): void => take(reading, device);
      return await device.off(deadlineMs, { judged, onReading, ...(mayGo === undefined ? {} : { mayGo }) });
    },
    stop: () => {
      stopped = true;
      cancelNext();
      for (const device of devices) device.close();
    },
  };
}

const noController: ActReply = { kind: 'notSent', because: 'No power controller is declared.' };

/** What can be done to the power of machines, through the ladder of each. */
export function powerActs(powerOf: (hostUUID: string) => PowerWatch | undefined): Pick<Acts, 'cutPower'> {
  return {
    cutPower: async ({ hostUUID }, deadlineMs, mayGo) =>
      (await powerOf(hostUUID)?.cut(deadlineMs, mayGo)) ?? noController,
  };
}

function isSame(one: PowerReading, other: PowerReading): boolean {
  return (
    one.power === other.power &&
    one.serial === other.serial &&
    one.sku === other.sku &&
    one.systemUUID === other.systemUUID
  );
}

function tooSlow(device: string, tookMs: number): string {
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  return `${device} answers after ${seconds(tookMs)} s, and nothing is done on what was asked more than 5 s ago: it has to answer within ${seconds(answersForActsWithinMs)} s. Take load off it, restart it or update its firmware; without that a person has to cut the power and state so.`;
}
