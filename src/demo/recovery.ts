/** The story: a member is cut off while its virtual machines go on writing; suspicion, request, fence, release, starts. */
import { stringify } from 'yaml';
import type { Host, RecoveryRequest } from '../api/generated/types.ts';
import { releaseRequest } from '../lab/manifests.ts';
import type { Screen } from './screen.ts';
import { type ApiStage, isLocal, memberTimeoutSeconds } from './stage.ts';

const victim = 'host-3';
const requestName = 'release-host-3';

type Status = NonNullable<RecoveryRequest['status']>;

/** Resolves true when every recoverable virtual machine runs exactly once and no disk was written by two domains. */
export async function recoveryStory(stage: ApiStage, screen: Screen): Promise<boolean> {
  await cutOff(stage, screen);
  await suspicion(stage, screen);
  const status = await recover(stage, screen);
  return await verdict(stage, status, screen);
}

async function cutOff(stage: ApiStage, screen: Screen): Promise<void> {
  screen.heading(
    `${victim} is cut from the management network; its virtual machines go on writing to their disks`,
  );
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
}

async function suspicion(stage: ApiStage, screen: Screen): Promise<void> {
  screen.heading('Suspicion grows, and nothing harmful happens');
  const suspected = await poll(async () => {
    const host = JSON.parse(await stage.kubectl(['get', 'host', victim, '-o', 'json'])) as Host;
    const condition = host.status?.conditions?.find((one) => one.type === 'Suspected');
    if (condition?.status === 'True') return condition;
    screen.waiting(condition?.message ?? 'the operator looks');
    return undefined;
  }, memberTimeoutSeconds + 60);
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
  return await poll(async () => {
    const object = JSON.parse(
      await stage.kubectl(['get', 'rr', requestName, '-o', 'json']),
    ) as RecoveryRequest;
    const status = object.status;
    if (status === undefined) return undefined;
    shown(status);
    return status.phase === 'Succeeded' || status.phase === 'Failed' ? status : undefined;
  }, 120);
}

/** Says each thing of a growing record once. */
function createNarrator(screen: Screen): (status: Status) => void {
  const said = new Set<string>();
  const once = (key: string, say: () => void): void => {
    if (said.has(key)) return;
    said.add(key);
    say();
  };
  return (status) => {
    if (status.plan !== undefined) once(`plan ${status.plan.hash}`, () => tellPlan(status, screen));
    for (const entry of status.journal ?? []) {
      const what = `${entry.effect} (${entry.targets?.length ?? 0})`;
      once(`intent ${entry.at} ${what}`, () =>
        screen.line(`journal, epoch ${entry.epoch}: intended ${what}, before it was sent`),
      );
    }
    const certificate = status.evidence?.certificate;
    if (certificate !== undefined) {
      once('certificate', () => {
        screen.good(
          `fence certificate: ${certificate.device} read "${certificate.readings?.[0]?.power}" twice`,
        );
        for (const reading of certificate.readings ?? []) screen.note(`${reading.at}  ${reading.power}`);
      });
    }
    if (status.timeline?.releasedAt !== undefined)
      once('released', () =>
        screen.good(`the pool has released ${victim}, and every storage lock of it is gone`),
      );
    for (const machine of status.virtualMachines ?? []) {
      if (machine.state === 'Running' || machine.state === 'Serving') {
        once(`up ${machine.uuid}`, () =>
          screen.good(`${machine.name} runs on ${machine.hostName} (order ${machine.order}; ${machine.why})`),
        );
      }
    }
    const message = status.conditions?.find((one) => one.type === 'Ready')?.message;
    if (message !== undefined && status.phase !== 'Succeeded') screen.waiting(message);
  };
}

function tellPlan(status: Status, screen: Screen): void {
  screen.good(`plan ${status.plan?.hash}`);
  for (const [index, step] of (status.plan?.steps ?? []).entries())
    screen.note(`${index + 1}. ${step.title} [${step.risk}]`);
  for (const machine of status.virtualMachines ?? []) {
    if (machine.state === 'NotRecoverable')
      screen.bad(`${machine.name} cannot be recovered here. ${machine.why}`);
    else screen.note(`${machine.name} → ${machine.hostName} (order ${machine.order}, ${machine.why})`);
  }
}

async function verdict(stage: ApiStage, status: Status, screen: Screen): Promise<boolean> {
  screen.heading('The timeline, and what really happened');
  const timeline = status.timeline ?? {};
  const start = Date.parse(timeline.detectedAt ?? '');
  const moments = [
    ['detected', timeline.detectedAt],
    ['decided', timeline.decidedAt],
    ['fenced', timeline.fencedAt],
    ['first up', timeline.firstUpAt],
    ['recovered', timeline.recoveredAt],
  ] as const;
  for (const [word, at] of moments) {
    const after = at === undefined ? '      –' : `+${((Date.parse(at) - start) / 1000).toFixed(1)} s`;
    screen.line(`${word.padEnd(10)} ${after.padStart(9)}   ${at ?? ''}`);
  }
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

async function poll<T>(look: () => Promise<T | undefined>, withinSeconds: number): Promise<T> {
  const endMs = performance.now() + withinSeconds * 1000;
  while (performance.now() < endMs) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => setTimeout(resolve, 400));
  }
  throw new Error(`what was waited for did not happen within ${withinSeconds} s`);
}
