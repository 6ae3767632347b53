import type { HostRecord } from './records.ts';

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
 */
export interface MasterClock {
  /** The master's clock (milliseconds since 1970) at the monotonic moment `atMs` of ours. */
  readonly serverMs: number;
  readonly atMs: number;
}

export function masterUpForMs(options: {
  readonly master: HostRecord;
  /** Undefined when it did not tell its time. */
  readonly clock: MasterClock | undefined;
  readonly nowMs: number;
  readonly sessionOpenedAtMs: number;
  /** When the previous toolstack was last heard of, if this link saw it go. */
  readonly restartSeenAtMs: number | undefined;
}): number {
  const { master, clock, nowMs, sessionOpenedAtMs, restartSeenAtMs } = options;
  const atLeastMs = Math.max(0, nowMs - sessionOpenedAtMs);
  if (clock === undefined || master.agentStartSeconds === undefined || !master.enabled) return atLeastMs;
  const byItsClockMs = clock.serverMs + (nowMs - clock.atMs) - master.agentStartSeconds * 1_000;
  const atMostMs = restartSeenAtMs === undefined ? Number.POSITIVE_INFINITY : nowMs - restartSeenAtMs;
  return Math.max(atLeastMs, Math.min(byItsClockMs, atMostMs));
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
