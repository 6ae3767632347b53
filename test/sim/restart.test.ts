/** Rules about an operator that is started anew in the middle of a recovery. */
import { describe, expect, test } from 'vitest';
import { kubernetes } from '../../src/simulation/protocols/kubernetes.ts';
import { ended, endingOf, lostHost, releaseLostHost, requestName, smallWorld } from './release.ts';
import type { World } from './world.ts';

/** Kills the operator as SIGKILL does, and starts another one as a supervisor would. */
async function restartOperator(world: World): Promise<void> {
  world.operatorOwner().kill();
  await world.pass(5_000);
  world.startOperator();
}

test('a master that takes long over a silent member does not hold up a release: its answer is still young when it comes', async () => {
  const world = smallWorld({ lab: { latencies: { forwardedCallMs: 45_000 } } });
  world.startOperator();
  await world.applyAndSettle();
  const ending = await releaseLostHost(world, 5 * 60_000);
  expect(ending.phase).toBe('Succeeded');
});

test('an API server that acknowledges the record of a release and loses it does not make the operator forget the release', async () => {
  let lost = 0;
  const world = smallWorld({
    interpose: (request) => {
      const { method, label, body } = request;
      if (lost > 0 || method !== 'PUT' || !label.includes('/recoveryrequests/')) return 'deliver';
      if (!body.includes('"act":"declareDead"')) return 'deliver';
      lost += 1;
      return { kind: 'falseReply', reaches: 'nobody', reply: kubernetes.done(request) };
    },
  });
  world.startOperator();
  await world.applyAndSettle();
  const ending = await releaseLostHost(world, 5 * 60_000);
  expect(lost).toBe(1);
  expect(ending).toMatchObject({ phase: 'Succeeded', repeats: [], violations: [] });
  expect(ending.results).toEqual({
    'app-01': 'Running',
    'web-02': 'Running',
    'scratch-01': 'NotRecoverable',
  });
});

test('a pool that takes two minutes to release a member is not asked again meanwhile', async () => {
  const world = smallWorld({ lab: { latencies: { forwardedCallMs: 3_000, declareDeadMs: 120_000 } } });
  world.startOperator();
  await world.applyAndSettle();
  const ending = await releaseLostHost(world, 10 * 60_000);
  expect(ending).toMatchObject({ phase: 'Succeeded', repeats: [] });
});

test('a restarted operator reads the power closely although it opened the session before the power watch', async () => {
  const world = smallWorld();
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
  await world.until(async () => (await world.recovery(requestName))?.status?.journal?.[0] !== undefined);
  await restartOperator(world);
  expect(await ended(world, requestName, 5 * 60_000)).toBe(true);
  const ending = await endingOf(world, requestName);
  expect(ending.phase).toBe('Succeeded');
  expect(ending.harm.filter((act) => act.startsWith('forceOff'))).toEqual([`forceOff ${lostHost}`]);
});

test('a restarted operator goes on from the silence that was written down, after it has seen some of it itself', async () => {
  const world = smallWorld({ manifests: { memberTimeoutSeconds: 600 } });
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
  const startMs = world.simulation.nowMs;
  for (const afterMs of [200_000, 350_000, 500_000]) {
    await world.pass(startMs + afterMs - world.simulation.nowMs);
    await restartOperator(world);
  }
  const cut = (): boolean => world.lab.verdict().harmfulEffects.some((act) => act.kind === 'forceOff');
  expect(await world.until(async () => cut(), 4 * 60_000)).toBe(true);
  const waitedMs = world.simulation.nowMs - startMs;
  expect(waitedMs).toBeGreaterThan(600_000);
  expect(waitedMs).toBeLessThan(720_000);
});

test('a process that takes over after a kill asks the master about the lost member and for its tasks as soon as it can, not at the next turn', async () => {
  let killedMs = 0;
  const world = smallWorld({
    interpose: ({ from, label }) => {
      if (killedMs > 0 || from !== 'operator' || label !== 'XAPI Async.VM.start_on') return 'deliver';
      killedMs = world.simulation.nowMs;
      const { simulation } = world;
      simulation.clock(simulation.world).after(5_000, () => world.startOperator());
      return { kind: 'crash', when: 'before', owner: world.operatorOwner() };
    },
  });
  world.startOperator();
  await world.applyAndSettle();
  expect(await releaseLostHost(world)).toMatchObject({ phase: 'Succeeded', repeats: [], violations: [] });
  // 15 s of it are for the Lease of the dead process, and 10 s for a request of it that may still arrive.
  expect(world.simulation.nowMs - killedMs).toBeLessThan(36_000);
});

describe('a Lease that was deleted', () => {
  test('while nobody led begins above the epochs in the journals, and the recovery goes on to its end', async () => {
    const world = smallWorld();
    world.startOperator();
    await world.applyAndSettle();
    // Leadership changes once, so that the journal is in an epoch that a new Lease would not begin with.
    await restartOperator(world);
    await world.pass(30_000);
    world.lab.steer.partition(lostHost, 'everyone', 'management');
    await world.request(requestName, lostHost);
    await world.until(async () => (await world.recovery(requestName))?.status?.journal?.[0] !== undefined);
    world.operatorOwner().kill();
    await world.remove('Lease', 'kintsugi', 'kintsugi-system');
    await world.pass(5_000);
    world.startOperator();
    expect(await ended(world, requestName, 5 * 60_000)).toBe(true);
    expect(await endingOf(world, requestName)).toMatchObject({
      phase: 'Succeeded',
      repeats: [],
      violations: [],
    });
    const epochs = await epochsOf(world);
    expect(epochs.length).toBeGreaterThan(1);
    expect(epochs.every((epoch, index) => index === 0 || epoch >= epochs[index - 1]!)).toBe(true);
    expect(new Set(epochs).size).toBe(2);
  });

  test('under a leader that acts, with another one waiting, never makes two lead, and the recovery ends well', async () => {
    const world = smallWorld();
    world.startOperator();
    await world.applyAndSettle();
    world.startOperator('operator-b');
    await world.pass(10_000);
    world.lab.steer.partition(lostHost, 'everyone', 'management');
    await world.request(requestName, lostHost);
    for (let turn = 0; turn < 12; turn++) {
      await world.remove('Lease', 'kintsugi', 'kintsugi-system');
      await world.pass(4_000);
    }
    expect(await ended(world, requestName, 10 * 60_000)).toBe(true);
    expect(spansOfLeadership(world).filter(overlaps)).toEqual([]);
    expect(await endingOf(world, requestName)).toMatchObject({
      phase: 'Succeeded',
      repeats: [],
      violations: [],
    });
  });
});

interface Span {
  readonly identity: string;
  readonly fromMs: number;
  untilMs: number;
}

/** Who led from when to when, as each of them said himself. */
function spansOfLeadership(world: World): readonly Span[] {
  const spans: Span[] = [];
  const open = new Map<number, Span>();
  for (const line of world.logLines) {
    const [, ms, what, fields] = /^(\d+) info leadership has (begun|ended) (.*)$/.exec(line) ?? [];
    if (ms === undefined || fields === undefined) continue;
    const { epoch, identity } = JSON.parse(fields) as { epoch: number; identity?: string };
    if (what === 'begun') {
      const span = { identity: identity ?? '', fromMs: Number(ms), untilMs: Number.POSITIVE_INFINITY };
      open.set(epoch, span);
      spans.push(span);
    } else {
      const span = open.get(epoch);
      if (span !== undefined) span.untilMs = Number(ms);
    }
  }
  return spans;
}

function overlaps(span: Span, index: number, spans: readonly Span[]): boolean {
  return spans.some(
    (other, at) => at !== index && other.fromMs < span.untilMs && span.fromMs < other.untilMs,
  );
}

async function epochsOf(world: World): Promise<readonly number[]> {
  let epochs: readonly number[] = [];
  await world.run(async () => {
    const journal = (await world.recovery(requestName))?.status?.journal ?? [];
    epochs = journal.map((entry) => entry.epoch);
  });
  return epochs;
}
test('a restarted operator does not ask again for a release that the pool is still working on', async () => {
  const world = smallWorld({ lab: { latencies: { declareDeadMs: 150_000 } } });
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
  await world.until(async () => {
    const journal = (await world.recovery(requestName))?.status?.journal ?? [];
    return journal.some((entry) => entry.act === 'declareDead');
  });
  await world.pass(2_000);
  await restartOperator(world);
  await ended(world, requestName, 20 * 60_000);
  expect(await endingOf(world, requestName)).toMatchObject({
    phase: 'Succeeded',
    repeats: [],
    violations: [],
  });
});

test('acts whose replies were lost in restarts are settled by what the world shows, long before their longest time is over', async () => {
  const world = smallWorld();
  world.startOperator();
  await world.applyAndSettle();
  world.lab.steer.partition(lostHost, 'everyone', 'management');
  await world.request(requestName, lostHost);
  const startMs = world.simulation.nowMs;
  for (const effect of ['cutPower', 'declareDead', 'start']) {
    await world.until(async () => {
      const journal = (await world.recovery(requestName))?.status?.journal ?? [];
      return journal.some((entry) => entry.act === effect);
    });
    await restartOperator(world);
  }
  await ended(world, requestName, 20 * 60_000);
  expect(await endingOf(world, requestName)).toMatchObject({
    phase: 'Succeeded',
    repeats: [],
    violations: [],
  });
  expect(world.simulation.nowMs - startMs).toBeLessThan(180_000);
});
