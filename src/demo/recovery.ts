/** The story: a member is cut off while its virtual machines go on writing; suspicion, request, fence, release, starts. */
import { stringify } from 'yaml';
import type { Host, RecoveryRequest } from '../api/generated/types.ts';
import { releaseRequest } from '../lab/manifests.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Screen } from './screen.ts';
import { type ApiStage, isLocal, memberTimeoutSeconds } from './stage.ts';

const victim = 'host-3';
const requestName = 'release-host-3';

type Status = NonNullable<RecoveryRequest['status']>;

/** Resolves true when every recoverable virtual machine runs exactly once and no disk was written by two domains. */
export async function recoveryStory(stage: ApiStage, screen: Screen): Promise<boolean> {
  const cutAtMs = await cutOff(stage, screen);
  await suspicion(stage, screen);
  const status = await recover(stage, screen);
  tellTimeline(status, cutAtMs, screen);
  return await verdict(stage, status, screen);
}

/** Wall time of the cut, in milliseconds since 1970. */
async function cutOff(stage: ApiStage, screen: Screen): Promise<number> {
  screen.heading(
    `${victim} is cut from the management network; its virtual machines go on writing to their disks`,
  );
  const atMs = stage.clock.wallMs();
  await stage.steer('partition', victim, 'everyone');
  const running = (await stage.verdict()).virtualMachines.filter((machine) =>
    machine.runsOn.includes(victim),
  );
  screen.good(
    `nobody reaches ${victim}; ${running.length} virtual machines really run on it: ${running.map((one) => one.name).join(', ')}`,
  );
  screen.note(
    'To XAPI, to ping and to a person this looks exactly like a dead machine. Starting its virtual machines elsewhere now would corrupt their disks.',
  );
  return atMs;
}

async function suspicion(stage: ApiStage, screen: Screen): Promise<void> {
  screen.heading('Suspicion grows, and nothing harmful happens');
  screen.note(
    'Nobody tells the operator. It asks each member of a quiet pool every 40 s, one that the pool takes for dead at once, and one that does not answer every 5 s.',
  );
  const suspected = await poll(
    stage.clock,
    async () => {
      const host = JSON.parse(await stage.kubectl(['get', 'host', victim, '-o', 'json'])) as Host;
      const condition = host.status?.conditions?.find((one) => one.type === 'Suspected');
      if (condition?.status === 'True') return condition;
      screen.waiting(`Host ${victim} says: ${condition?.message ?? 'nothing yet'}`);
      return undefined;
    },
    memberTimeoutSeconds + 60,
  );
  screen.good(`Host ${victim}: Suspected (${suspected.reason})`);
  screen.line(suspected.message);
  const harmful = (await stage.verdict()).harmfulEffects.length;
  if (harmful > 0) throw new Error(`${harmful} harmful acts took place without a request`);
  screen.good('harmful acts so far: none');
}

async function recover(stage: ApiStage, screen: Screen): Promise<Status> {
  screen.heading('A person asks: RecoveryRequest ReleaseMember');
  const request = releaseRequest({
    namespace: 'default',
    name: requestName,
    hostName: victim,
    mode: 'Execute',
  });
  screen.line((await stage.kubectl(['apply', '-f', '-'], stringify(request))).trim());
  const shown = createNarrator(screen);
  return await poll(
    stage.clock,
    async () => {
      const object = JSON.parse(
        await stage.kubectl(['get', 'rr', requestName, '-o', 'json']),
      ) as RecoveryRequest;
      const status = object.status;
      if (status === undefined) return undefined;
      shown(status);
      return status.phase === 'Succeeded' || status.phase === 'Failed' ? status : undefined;
    },
    120,
  );
}

/** Says each thing of a growing record once, in the order in which it happened. */
function createNarrator(screen: Screen): (status: Status) => void {
  const said = new Set<string>();
  return (status) => {
    for (const { key, say } of happenings(status, screen)) {
      if (said.has(key)) continue;
      said.add(key);
      say();
    }
    const message = status.conditions?.find((one) => one.type === 'Ready')?.message;
    if (message !== undefined && status.phase !== 'Succeeded') screen.waiting(message);
  };
}

interface Happening {
  readonly key: string;
  readonly at: string;
  readonly say: () => void;
}

/** What the record tells, oldest first. */
function happenings(status: Status, screen: Screen): readonly Happening[] {
  const all: Happening[] = [];
  const add = (key: string, at: string | undefined, say: () => void): void => {
    all.push({ key, at: at ?? '', say });
  };
  if (status.plan !== undefined) add(`plan ${status.plan.hash}`, '', () => tellPlan(status, screen));
  const certificate = status.proofs?.[0]?.certificate;
  if (certificate !== undefined) {
    add('certificate', certificate.issuedAt, () => {
      screen.good(
        `fence certificate: ${certificate.device} read "${certificate.readings?.[0]?.power}" twice, and nothing contradicts it`,
      );
      for (const reading of certificate.readings ?? []) screen.note(`${reading.at}  ${reading.power}`);
    });
  }
  const { releasedAt } = momentsOf(status);
  if (releasedAt !== undefined)
    add('released', releasedAt, () =>
      screen.good(`the pool has released ${victim}, and every storage lock of it is gone`),
    );
  // After what they rest on: both may bear the same moment.
  for (const entry of status.journal ?? []) {
    const what = `${entry.act} ${namesOf(entry.targets ?? [], status)}`;
    // An entry of several starts may later be merged with the next one, so the moment alone stands for it.
    add(`intent ${entry.at}`, entry.at, () =>
      screen.line(`journal, epoch ${entry.epoch}, before it was sent: ${what}`),
    );
  }
  for (const machine of status.items ?? []) {
    if (machine.state === 'Running' || machine.state === 'Serving')
      add(`up ${machine.id}`, machine.runningAt, () =>
        screen.good(`${machine.name} (order ${machine.order}) runs on ${machine.hostName}, as read back`),
      );
  }
  return all.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

type Moment = 'detectedAt' | 'decidedAt' | 'fencedAt' | 'releasedAt' | 'firstUpAt' | 'recoveredAt';

function momentsOf({ moments = [] }: Status): { readonly [M in Moment]?: string } {
  return Object.fromEntries(moments.map(({ name, at }) => [name, at]));
}

function namesOf(uuids: readonly string[], status: Status): string {
  return uuids.map((uuid) => status.items?.find((machine) => machine.id === uuid)?.name ?? victim).join(', ');
}

function tellPlan(status: Status, screen: Screen): void {
  screen.good(`plan ${status.plan?.hash}`);
  for (const [index, step] of (status.plan?.steps ?? []).entries())
    screen.note(`${index + 1}. ${step.title} [${step.risk}]`);
  const machines = status.items ?? [];
  const longest = Math.max(...machines.map((machine) => machine.name.length));
  for (const machine of machines) {
    if (machine.state !== 'NotRecoverable')
      screen.note(
        `order ${machine.order}  ${machine.name.padEnd(longest)} → ${machine.hostName}  ${machine.why}`,
      );
  }
  for (const machine of machines) {
    if (machine.state === 'NotRecoverable')
      screen.caution(`${machine.name} cannot be recovered here. ${machine.why}`);
  }
}

function tellTimeline(status: Status, cutAtMs: number, screen: Screen): void {
  const timeline = momentsOf(status);
  screen.heading('The timeline, and what really happened');
  const moments = [
    ['cut off', new Date(cutAtMs).toISOString()],
    ['detected', timeline.detectedAt],
    ['decided', timeline.decidedAt],
    ['fenced', timeline.fencedAt],
    ['first up', timeline.firstUpAt],
    ['recovered', timeline.recoveredAt],
  ] as const;
  for (const [word, at] of moments) {
    const after = at === undefined ? '–' : `+${((Date.parse(at) - cutAtMs) / 1000).toFixed(1)} s`;
    screen.verbatim(`${word.padEnd(10)} ${after.padStart(9)}   ${at ?? ''}`, 'cut');
  }
}

async function verdict(stage: ApiStage, status: Status, screen: Screen): Promise<boolean> {
  const truth = await stage.verdict();
  for (const violation of truth.violations) screen.bad(violation.sentence);
  if (truth.clean)
    screen.good('oracle: no disk was ever written by two domains, no lock was cleared under a live one');
  const wrong = truth.virtualMachines.filter(
    (machine) => machine.runsOn.length !== (isLocal(machine.name) ? 0 : 1),
  );
  const right = truth.virtualMachines.length - wrong.length;
  for (const machine of wrong) screen.bad(`${machine.name} runs ${machine.runsOn.length} times`);
  if (wrong.length === 0)
    screen.good(
      `oracle: ${right - truth.virtualMachines.filter((one) => isLocal(one.name)).length} virtual machines run, each exactly once`,
    );
  return truth.clean && wrong.length === 0 && status.phase === 'Succeeded';
}

async function poll<T>(clock: Clock, look: () => Promise<T | undefined>, withinSeconds: number): Promise<T> {
  const endMs = clock.monotonicMs() + withinSeconds * 1000;
  while (clock.monotonicMs() < endMs) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(clock, 400);
  }
  throw new Error(`what was waited for did not happen within ${withinSeconds} s`);
}
