/**
 * Reads the power of one machine through the devices of its ladder. A settled machine is read now and then, so that a
 * controller that cannot be reached or has another machine's serial is known before it is needed; during a recovery
 * (`attend`) it is read twice a second, so that a reading of at most 5 s is always at hand.
 */
import type { PowerObservation } from '../domain/facts.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { EffectReply } from '../ports/hypervisor.ts';
import type { PowerDevice } from '../ports/power.ts';

export interface PowerWatch {
  readonly hasDevice: boolean;
  /** Since the last sign of life of the machine, newest last; bounded. What a proof may rest on. */
  readings(): readonly PowerObservation[];
  /** The newest, whatever was heard since: what people are shown. */
  last(): PowerObservation | undefined;
  /** Why the newest attempt brought nothing; undefined when it did. */
  unknownBecause(): string | undefined;
  /** Something was heard of the machine: what was read before proves nothing any more. */
  signOfLife(): void;
  attend(): Cancel;
  /** Sent to the device that gave the newest reading. */
  cut(deadlineMs: number): Promise<EffectReply>;
  stop(): void;
}

const settledEveryMs = 15 * 60_000;
const failingEveryMs = 60_000;
const attendedEveryMs = 500;
const answerWithinMs = 4_000;
const keptReadings = 32;

export function createPowerWatch(options: {
  readonly clock: Clock;
  readonly devices: readonly PowerDevice[];
  /** Why a rung of the ladder could not be opened at all, in a sentence. */
  readonly unopened: string | undefined;
  readonly onChange: () => void;
}): PowerWatch {
  const { clock, devices } = options;
  const readings: PowerObservation[] = [];
  let because =
    options.unopened ??
    (devices.length === 0 ? 'No power controller is declared.' : 'It has not been read yet.');
  let failing = true;
  let livedMs = Number.NEGATIVE_INFINITY;
  let attended = 0;
  let reading = false;
  let stopped = false;
  let newest: PowerDevice | undefined;
  let cancelNext: Cancel = () => {};

  const plan = (delayMs: number): void => {
    cancelNext();
    if (!stopped && devices.length > 0) cancelNext = clock.after(delayMs, () => void readOnce());
  };
  const readOnce = async (): Promise<void> => {
    if (reading || stopped) return;
    reading = true;
    const sentences: string[] = [];
    let found = false;
    for (const device of devices) {
      const answer = await device.read(answerWithinMs);
      if (answer.kind === 'known') {
        const observation = {
          ...answer.value,
          device: device.name,
          atMs: answer.atMs,
          atWallMs: clock.wallMs(),
        };
        readings.push(observation);
        if (readings.length > keptReadings) readings.shift();
        newest = device;
        found = true;
        break;
      }
      sentences.push(answer.because);
    }
    reading = false;
    failing = !found;
    because = sentences.join(' ');
    if (stopped) return;
    plan(attended > 0 ? attendedEveryMs : failing ? failingEveryMs : settledEveryMs);
    options.onChange();
  };
  plan(0);

  return {
    hasDevice: devices.length > 0,
    readings: () => readings.filter((observation) => observation.atMs > livedMs),
    last: () => readings.at(-1),
    unknownBecause: () => (failing ? because : undefined),
    signOfLife: () => {
      livedMs = clock.monotonicMs();
      // What is shown would contradict it until the next turn, which may be a quarter of an hour away.
      if (readings.at(-1)?.power !== 'on') plan(0);
    },
    attend: () => {
      attended += 1;
      plan(0);
      return () => {
        attended -= 1;
      };
    },
    cut: async (deadlineMs) =>
      newest === undefined
        ? { kind: 'notSent', because: 'No power controller has answered yet.' }
        : await newest.off(deadlineMs),
    stop: () => {
      stopped = true;
      cancelNext();
      for (const device of devices) device.close();
    },
  };
}
