import { expect, test } from 'vitest';
import type { Reply } from './scriptedPool.ts';
import { type SimulatedLink, simulateLink } from './simulatedLink.ts';

/** Nobody may wait eleven minutes for a reply that was lost. */
const settlesMs = 11 * 60_000;

async function up(simulated: SimulatedLink): Promise<{ readonly ms: number; readonly unsure: string }> {
  const belief = await simulated.run(async (link) => link.belief());
  if (belief.kind === 'unknown') throw new Error(belief.because);
  return { ms: belief.value.masterUpForMs, unsure: belief.value.masterUpUnsureBecause ?? '' };
}

function spoilFirst(simulated: SimulatedLink, method: string, reply: Reply, times = 1): void {
  let left = times;
  simulated.pool.answer(method, () => (left-- > 0 ? reply : undefined));
}

async function dropStream(simulated: SimulatedLink): Promise<void> {
  spoilFirst(simulated, 'event.from', 'hangUp');
  simulated.pool.patch('vm', 'OpaqueRef:vm-1', { start_delay: '31' });
  await simulated.until('unknown');
  await simulated.until('known');
}

test.each<[string, Reply]>([
  ['lost', 'silence'],
  ['broken off', 'hangUp'],
  ['garbled', { status: 502, headers: {}, body: '<html>' }],
  ['refused', { error: ['INTERNAL_ERROR', 'busy'] }],
  ['no date', { result: 'soon' }],
])(
  "a reply about the master's clock that is %s costs seconds, and is not taken for a fresh start",
  async (_what, reply) => {
    const simulated = await simulateLink({
      prepare: (pool) => {
        let left = 1;
        pool.answer('host.get_servertime', () => (left-- > 0 ? reply : undefined));
      },
    });
    await simulated.until('known');
    expect(simulated.simulation.nowMs).toBeLessThan(5_000);
    expect((await up(simulated)).unsure).toMatch(/the clock of host-1 .* could not be read .*asked again/);
    await simulated.pass(3_000);
    expect(await up(simulated)).toMatchObject({ unsure: '' });
    expect((await up(simulated)).ms).toBeGreaterThan(settlesMs);
  },
);

test('a clock that cannot be read for minutes is asked for every few seconds, and known as soon as it answers', async () => {
  const simulated = await simulateLink();
  simulated.pool.answer('host.get_servertime', () => 'hangUp');
  await simulated.until('known');
  await simulated.pass(120_000);
  expect((await up(simulated)).ms).toBeLessThan(settlesMs);
  expect((await up(simulated)).unsure).toContain('asked again every few seconds');
  simulated.pool.answer('host.get_servertime', () => undefined);
  await simulated.pass(11_000);
  expect((await up(simulated)).ms).toBeGreaterThan(settlesMs);
});

test('a stream that broke is no restart, even if the reply that would say so is lost as well', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(30_000);
  let asked = 0;
  const sessionOf = (params: readonly unknown[]) => String(params[0]);
  const first = 'OpaqueRef:session-1';
  simulated.pool.answer('pool.get_all_records', ({ params }) =>
    sessionOf(params) === first && asked++ < 2 ? 'silence' : undefined,
  );
  await dropStream(simulated);
  expect((await up(simulated)).unsure).toMatch(/did not tell whether its toolstack was restarted/);
  await simulated.pass(15_000);
  expect(await up(simulated)).toMatchObject({ unsure: '' });
  expect((await up(simulated)).ms).toBeGreaterThan(settlesMs);
  await simulated.pass(5_000);
  expect(simulated.newCalls().filter((call) => call.endsWith('session.logout')).length).toBeGreaterThan(0);
});

test('reading the pool again that fails at first does not make the toolstack look restarted', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(30_000);
  let left = 3;
  simulated.pool.answer('event.from', () => (left-- > 0 ? 'hangUp' : undefined));
  simulated.pool.patch('vm', 'OpaqueRef:vm-1', { start_delay: '31' });
  await simulated.until('unknown');
  await simulated.until('known');
  await simulated.pass(5_000);
  expect((await up(simulated)).ms).toBeGreaterThan(settlesMs);
});

test('a toolstack that really was restarted has been up since then at most, whatever its clock says', async () => {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(30_000);
  simulated.pool.restartMaster();
  await simulated.until('unknown');
  await simulated.until('known');
  await simulated.pass(60_000);
  // And it is remembered over a stream that breaks afterwards.
  await dropStream(simulated);
  await simulated.pass(5_000);
  expect(await up(simulated)).toMatchObject({ unsure: '' });
  expect((await up(simulated)).ms).toBeLessThan(120_000);
});
