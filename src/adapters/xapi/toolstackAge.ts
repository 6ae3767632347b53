import { type Clock, sleep } from '../../ports/clock.ts';
import { call } from './jsonRpc.ts';
import { type MasterClock, parseXapiDate } from './masterAge.ts';
import type { MasterCopy } from './masterSync.ts';
import { isSessionLoss, type MasterSession, readPoolIdentity } from './session.ts';

/**
 * What has to be asked to know how long the master's toolstack has been up: its clock, and whether it is still the
 * toolstack of the session before. A lost reply tells neither, so each is asked again until it was answered; what is not
 * known meanwhile is not taken for the worst.
 */
export interface ToolstackAge {
  readonly clock: MasterClock | undefined;
  /** `seenAtMs`: when the toolstack before this one was last heard of, if this link ever saw one go. */
  readonly restart: { readonly seenAtMs: number | undefined } | undefined;
  /** What is not known yet, and why; undefined when everything is. */
  readonly missing: string | undefined;
}

/** A copy that was given up, and what was known of its toolstack. */
export interface EarlierCopy {
  readonly copy: MasterCopy;
  readonly age: ToolstackAge;
  /** The copy before it, if it was never found out whether that had the same toolstack. */
  readonly before: EarlierCopy | undefined;
  /** Its session could be closed, so its toolstack was still there then. */
  readonly closed: boolean;
}

interface AgeOptions {
  readonly clock: Clock;
  readonly session: MasterSession;
  readonly earlier: EarlierCopy | undefined;
  readonly signal: AbortSignal;
}

const deadlinesMs = [2_000, 4_000, 8_000];
const firstPauseMs = 500;
const longestPauseMs = 10_000;

/** Asks once for everything. */
export function readAge(options: AgeOptions): Promise<ToolstackAge> {
  return ask(options, { clock: undefined, restart: undefined, missing: '' }, deadlinesMs[0] ?? 0);
}

/** Asks again, soon and then less often, until everything is known or the signal ends it; tells each change. */
export async function completeAge(
  options: AgeOptions & { readonly age: ToolstackAge; readonly onChange: (age: ToolstackAge) => void },
): Promise<void> {
  const { clock, signal } = options;
  let { age } = options;
  let pauseMs = firstPauseMs;
  for (let turn = 1; age.missing !== undefined; turn++) {
    try {
      await sleep(clock, pauseMs, signal);
    } catch {
      return;
    }
    age = await ask(options, age, deadlinesMs[turn] ?? deadlinesMs.at(-1) ?? 0);
    if (signal.aborted) return;
    options.onChange(age);
    pauseMs = Math.min(longestPauseMs, 2 * pauseMs);
  }
}

async function ask(options: AgeOptions, known: ToolstackAge, deadlineMs: number): Promise<ToolstackAge> {
  const [clock, restart] = await Promise.all([
    known.clock ?? readMasterClock(options, deadlineMs),
    known.restart ?? findRestart(options, deadlineMs),
  ]);
  const missing = typeof clock === 'string' ? clock : typeof restart === 'string' ? restart : undefined;
  return {
    clock: typeof clock === 'string' ? undefined : clock,
    restart: typeof restart === 'string' ? undefined : restart,
    missing,
  };
}

async function readMasterClock(
  { clock, session, signal }: AgeOptions,
  deadlineMs: number,
): Promise<MasterClock | string> {
  const outcome = await call(session.line.calls, {
    method: 'host.get_servertime',
    params: [session.ref, session.pool.masterRef],
    deadlineMs,
    signal,
  });
  const serverMs = outcome.kind === 'result' ? parseXapiDate(outcome.value) : undefined;
  if (serverMs !== undefined) return { serverMs, atMs: clock.monotonicMs() };
  const says = outcome.kind === 'result' ? 'its answer is no date' : outcome.says;
  return `the clock of ${session.line.label} could not be read (${says})`;
}

/**
 * A toolstack that was restarted has forgotten every session, so the one before is asked whether it still counts; asking
 * may be repeated, closing it may not. Another member as master is another toolstack.
 */
async function findRestart(
  { session, earlier }: AgeOptions,
  deadlineMs: number,
): Promise<{ readonly seenAtMs: number | undefined } | string> {
  const asked = oldestUnclear(earlier);
  if (asked === undefined) return { seenAtMs: undefined };
  const { copy, age, closed } = asked;
  const sameToolstack = { seenAtMs: age.restart?.seenAtMs };
  if (closed) return sameToolstack;
  const { line } = session;
  if (copy.session.line !== line) return { seenAtMs: copy.currentAtMs };
  const outcome = await readPoolIdentity(line.probes, copy.session.ref, deadlineMs);
  if (outcome.kind === 'result') return sameToolstack;
  if (outcome.kind === 'refused' && isSessionLoss(outcome.code)) return { seenAtMs: copy.currentAtMs };
  return `${line.label} did not tell whether its toolstack was restarted (${outcome.says})`;
}

/** Whatever happened since then happened to a toolstack that this copy's session would still know. */
function oldestUnclear(earlier: EarlierCopy | undefined): EarlierCopy | undefined {
  return earlier?.age.restart === undefined && earlier?.before !== undefined
    ? oldestUnclear(earlier.before)
    : earlier;
}
