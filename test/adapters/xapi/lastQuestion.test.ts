import { expect, test } from 'vitest';
import { sleep } from '../../../src/ports/clock.ts';
import { freely } from './freely.ts';
import { hostRefs, hostUUIDs, vdiUUID, vmUUID } from './scriptedPool.ts';
import { type SimulatedLink, simulateLink } from './simulatedLink.ts';

/** Between the judgement of an effect and its first byte nothing may be waited for. */
async function connectedLink(): Promise<SimulatedLink> {
  const simulated = await simulateLink();
  await simulated.until('known');
  await simulated.pass(5_000);
  simulated.newCalls();
  return simulated;
}

test('a start that waits for a connection is judged again when it is sent', async () => {
  const simulated = await connectedLink();
  simulated.pool.answer('VM.get_record', () => 'silence');
  let because: string | undefined;
  const reply = await simulated.run(async (link) => {
    // So many questions are under way that no connection is free.
    const questions = Array.from({ length: 20 }, () => link.readVirtualMachine(vmUUID, 5_000));
    const starting = link.acts.start({ vmUUID, hostUUID: hostUUIDs[2]! }, 180_000, () => because);
    because = 'host-2 answers again.';
    await Promise.all(questions);
    return starting;
  });
  expect(reply).toEqual({ kind: 'notSent', because: 'host-2 answers again.' });
  await simulated.pass(300_000);
  expect(simulated.pool.calls.filter(({ method }) => method.startsWith('Async'))).toEqual([]);
  expect(simulated.logged.join('\n')).not.toContain('a call that changes the pool is sent');
});

test('of a wave that is longer than the connections are many, only those go that may go when their turn comes', async () => {
  const simulated = await connectedLink();
  let answered = 0;
  simulated.pool.answer('Async.VM.start_on', () => {
    answered += 1;
    return { error: ['VM_BAD_POWER_STATE'] };
  });
  const wave = await simulated.run((link) =>
    Promise.all(
      Array.from({ length: 252 }, () =>
        link.acts.start({ vmUUID, hostUUID: hostUUIDs[2]! }, 180_000, () =>
          answered < 4 ? undefined : 'No more.',
        ),
      ),
    ),
  );
  const sent = simulated.pool.calls.filter(({ method }) => method === 'Async.VM.start_on').length;
  // Those that were on their way when the fourth was answered are no more than there are connections.
  expect(sent).toBeLessThanOrEqual(4 + 7);
  expect(wave.filter(({ kind }) => kind === 'failed').length).toBe(sent);
  expect(wave.filter(({ kind }) => kind === 'notSent').length).toBe(252 - sent);
});

test('a lock is not removed after the machine answered while its disk was looked up', async () => {
  const simulated = await connectedLink();
  const clock = simulated.simulation.clock(simulated.simulation.world);
  let because: string | undefined;
  simulated.pool.answer('VDI.get_by_uuid', async () => {
    await sleep(clock, 20_000);
    because = 'host-2 answers again.';
    return undefined;
  });
  expect(
    await simulated.run((link) =>
      link.acts.removeLock({ vdiUUID, hostRef: hostRefs[1]! }, 30_000, () => because),
    ),
  ).toEqual({ kind: 'notSent', because: 'host-2 answers again.' });
  await simulated.pass(60_000);
  expect(simulated.newCalls().filter((call) => call.includes('remove_from_sm_config'))).toEqual([]);
});

test('an effect that waited while the pool was connected to anew is not sent under the old session', async () => {
  const simulated = await connectedLink();
  const clock = simulated.simulation.clock(simulated.simulation.world);
  simulated.pool.answer('VDI.get_by_uuid', async () => {
    simulated.pool.restartMaster();
    await sleep(clock, 10_000);
    return { result: 'OpaqueRef:vdi-1' };
  });
  expect(
    await simulated.run((link) => link.acts.removeLock({ vdiUUID, hostRef: hostRefs[1]! }, 30_000, freely)),
  ).toMatchObject({
    kind: 'notSent',
  });
  expect(simulated.newCalls().filter((call) => call.includes('remove_from_sm_config'))).toEqual([]);
});
