import type { HostRecord } from './records.ts';
import type { ToolstackAge } from './toolstackAge.ts';

/**
 * How long the master's toolstack has been up. For its first eleven minutes nothing that the pool says about liveness
 * means anything, so an answer that is too large is dangerous and one that is too small only makes people wait.
 *
 * The toolstack writes its start time into its host record (other_config: agent_start_time), by the host's own clock;
 * host.get_servertime tells that clock's present. Three things make this too large, and each is met by a bound that
 * needs no clock of the master:
 * - right after a start logins may already work while the record still holds the previous start: then the master
 *   is not `enabled` yet, and only the age of our own session counts;
 * - the host's clock was set forward since the start (a machine that booted with a wrong clock): when we ourselves
 *   saw the restart, it is no older than that;
 * - the value is missing or nonsense: the age of our own session counts.
 *
 * The age of our own session is certain whatever cannot be read; `unsureBecause` says why it is all that counts.
 */
export interface MasterUp {
  readonly atLeastMs: number;
  readonly unsureBecause: string | undefined;
}

export interface MasterClock {
  /** The master's clock (milliseconds since 1970) at the monotonic moment `atMs` of ours. */
  readonly serverMs: number;
  readonly atMs: number;
}

export function masterUp(options: {
  readonly master: HostRecord;
  readonly age: ToolstackAge;
  readonly nowMs: number;
  readonly sessionOpenedAtMs: number;
}): MasterUp {
  const { master, age, nowMs, sessionOpenedAtMs } = options;
  const { clock, restart, missing } = age;
  const atLeastMs = Math.max(0, nowMs - sessionOpenedAtMs);
  const unsure = (because: string): MasterUp => ({ atLeastMs, unsureBecause: because });
  if (!master.enabled) return unsure('it is not enabled, so its record may still show the start before');
  if (master.agentStartSeconds === undefined) return unsure('its record shows no start');
  if (clock === undefined || restart === undefined) {
    return unsure(`${missing ?? 'it has not been asked yet'}; it is asked again every few seconds`);
  }
  const byItsClockMs = clock.serverMs + (nowMs - clock.atMs) - master.agentStartSeconds * 1_000;
  const atMostMs = nowMs - (restart.seenAtMs ?? Number.NEGATIVE_INFINITY);
  return {
    atLeastMs: Math.max(atLeastMs, Math.min(byItsClockMs, atMostMs)),
    unsureBecause: undefined,
  };
}

/** XAPI writes `20240131T09:05:00Z`, newer versions also RFC 3339. Undefined for anything else. */
export function parseXapiDate(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?Z?$/.exec(value);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  if (year === undefined || month === undefined) return undefined;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  return Number.isNaN(ms) ? undefined : ms;
}
