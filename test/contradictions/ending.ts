/** How a history ends: each machine that is down is named, each request that stands still says why, and nothing goes on for ever. */
import type { RecoveryRequest } from '../../src/api/generated/types.ts';
import type { Failure, Staged } from './play.ts';

export interface Ending {
  readonly failures: readonly Failure[];
  readonly requests: readonly RecoveryRequest[];
}

/** More of one kind of act than any recovery needs, retries and a second fence included. */
const mostActs = 12;
/** Status writes for one request in the last minute, when nothing happens any more. */
const mostWrites = 12;
const watchedMs = 60_000;
/** Acts that go on for longer than so many looks are counted by `mostActs`. */
const mostLooks = 5;

export async function judgeEnding(stage: Staged): Promise<Ending> {
  const { world, observer } = stage;
  let before = 0;
  let acted = 0;
  let looks = 0;
  // Acts may still be going on when the last event is over, and tries that wait longer and longer begin with short pauses:
  // what is written then is not written for nothing. Whoever writes for ever does so in each of these minutes.
  do {
    before = world.simulation.transcript.length;
    acted = stage.judged.length;
    looks += 1;
    await world.pass(watchedMs);
  } while ((stage.judged.length !== acted || tooManyRecords(stage, before).length > 0) && looks < mostLooks);
  const requests: RecoveryRequest[] = [];
  await world.run(async () => {
    for (const name of observer.requests.keys()) {
      const request = await world.recovery(name);
      if (request !== undefined) requests.push(request);
    }
  });
  return {
    requests,
    failures: [
      ...unnamed(stage, requests),
      ...silent(requests),
      ...endless(stage, before),
      ...faults(world.logLines),
    ],
  };
}

const over = new Set(['Succeeded', 'Failed', 'Cancelled', 'Planned']);

function readySentence(request: RecoveryRequest): string {
  return request.status?.conditions?.find((one) => one.type === 'Ready')?.message ?? '';
}

/** Declared Running, down, could run, was on the member of a request that acted, and is in no sentence of any request. */
function unnamed(stage: Staged, requests: readonly RecoveryRequest[]): readonly Failure[] {
  const { world, observer, history } = stage;
  const failures: Failure[] = [];
  for (const [index, machine] of world.lab.document.virtualMachines.entries()) {
    const declared = declaredState(stage, index);
    if (declared !== 'Running' || (observer.runs.get(machine.name)?.size ?? 0) > 0) continue;
    const lastOn = observer.lastRan.get(machine.name) ?? machine.hostName;
    const acted = requests.filter(
      (request) =>
        request.spec.target.hostRef?.name === lastOn && hasActed(request) && request.spec.mode === 'Execute',
    );
    if (acted.length === 0 || !machine.shared || !couldRun(stage, lastOn)) continue;
    if (requests.some((request) => names(request, machine.name))) continue;
    const phases = acted.map((request) => `${request.metadata.name} ${request.status?.phase}`).join(', ');
    failures.push({
      kind: 'unnamed',
      sort: `unnamed ${acted.map((request) => request.status?.phase).join(',')}`,
      sentence: `${machine.name}, last on ${lastOn}, is declared Running and is down, and no request names it (${phases}: ${acted.map(readySentence).join(' | ')}); seed ${history.seed}`,
    });
  }
  return failures;
}

function declaredState(stage: Staged, index: number): string {
  const changed = stage.history.events.findLast(
    (event) => event.do === 'declareServer' && event.index === index,
  );
  if (changed?.do === 'declareServer') return changed.is;
  return stage.history.servers[String(index)] ?? 'Running';
}

function hasActed(request: RecoveryRequest): boolean {
  return (request.status?.journal ?? []).some((entry) => entry.outcome !== 'NotSent');
}

/** Some other member lives that the pool would let run it, and the operator can ask the pool about it. */
function couldRun({ world }: Staged, lastOn: string): boolean {
  const { master } = world.lab.status();
  if (world.lab.endpoints.find(({ name }) => name === master)?.presence() !== 'open') return false;
  const { hosts } = world.lab.status();
  // Of a split pool it asks nothing.
  if (hosts.some((host) => host.splitFrom !== undefined)) return false;
  return hosts.some(
    (host) =>
      host.name !== lastOn &&
      host.power === 'on' &&
      host.toolstack === 'running' &&
      host.believed?.enabled === true,
  );
}

function names(request: RecoveryRequest, machine: string): boolean {
  if (readySentence(request).includes(machine)) return true;
  const entry = (request.status?.items ?? []).find((each) => each.name === machine);
  if (entry === undefined) return false;
  if ((entry.why ?? '') !== '') return true;
  return !over.has(request.status?.phase ?? '') && readySentence(request) !== '';
}

function silent(requests: readonly RecoveryRequest[]): readonly Failure[] {
  return requests.flatMap((request): readonly Failure[] => {
    const phase = request.status?.phase ?? 'none';
    if (readySentence(request) !== '') return [];
    return [
      {
        kind: 'noSentence',
        sort: `no sentence in ${phase}`,
        sentence: `${request.metadata.name} stands in ${phase} and says nothing`,
      },
    ];
  });
}

function endless(stage: Staged, from: number): readonly Failure[] {
  const failures: Failure[] = [];
  const counts = new Map<string, number>();
  for (const { effect } of stage.judged) {
    const key = `${effect.kind} ${effect.target}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [act, times] of counts) {
    if (times > mostActs)
      failures.push({ kind: 'endless', sort: 'acts', sentence: `${act} was done ${times} times` });
  }
  for (const [request, writes] of tooManyRecords(stage, from)) {
    failures.push({
      kind: 'endless',
      sort: 'writes',
      sentence: `${writes} records of ${request} were written in the last ${watchedMs / 1000} s, with nothing going on`,
    });
  }
  return failures;
}

function tooManyRecords({ world }: Staged, from: number): readonly (readonly [string, number])[] {
  return [...recordsWritten(world.simulation.transcript.slice(from))].filter(
    ([, writes]) => writes > mostWrites,
  );
}

/** By request. */
function recordsWritten(transcript: readonly string[]): ReadonlyMap<string, number> {
  const written = new Map<string, number>();
  for (const line of transcript) {
    const request = / operator \S+ (?:PUT|PATCH) \S*\/recoveryrequests\/([^/\s]+)\S* > /.exec(line)?.[1];
    if (request !== undefined) written.set(request, (written.get(request) ?? 0) + 1);
  }
  return written;
}

const bug =
  /TypeError|RangeError|ReferenceError|SyntaxError|unhandled case|which is a bug|fault of this program|by a bug/;

function faults(logLines: readonly string[]): readonly Failure[] {
  const line = logLines.find((each) => bug.test(each));
  return line === undefined
    ? []
    : [{ kind: 'error', sort: bug.exec(line)?.[0] ?? 'bug', sentence: line.slice(0, 600) }];
}
