/** What a person is asked for: shown in the request, told by an Event, and said again now and then until it is done. */
import { expect, test } from 'vitest';
import type { OutgoingRequest } from '../../src/simulation/faults.ts';
import { lostHost, requestName } from './release.ts';
import { harm, look, lose, settled, untilPhase } from './stage.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;

/** A pool that wants each plan approved, a member that is lost, and the reasons of the Events that people get. */
async function awaitingApproval(): Promise<{ readonly world: World; readonly told: readonly string[] }> {
  const told: string[] = [];
  const world = await settled({
    interpose: ({ from, label, body }: OutgoingRequest) => {
      const reason = /"reason":"(\w*WaitsForPerson)"/.exec(body)?.[1];
      if (from === 'operator' && label.includes('/events') && reason !== undefined) told.push(reason);
      return 'deliver';
    },
  });
  await world.patch('Pool', 'lab', { spec: { approval: 'Always' } });
  await lose(world);
  await untilPhase(world, 'AwaitingApproval');
  return { world, told };
}

async function asksOf(world: World): Promise<readonly Readonly<Record<string, string>>[]> {
  let asks: readonly Readonly<Record<string, string>>[] = [];
  await world.run(async () => {
    asks = (await world.recovery(requestName))?.status?.asks ?? [];
  });
  return asks;
}

test('who has to approve a plan is asked for it, with the hash and the field that takes the answer', async () => {
  const { world, told } = await awaitingApproval();
  await world.pass(5 * minuteMs);
  const { planHash } = await look(world);
  expect(await asksOf(world)).toEqual([
    {
      step: expect.stringContaining("Cut the member's power"),
      role: 'Whoever approves recoveries of this pool',
      todo: expect.stringContaining(`set spec.approval with planHash ${planHash}`),
      seenBy: 'The condition Approved is True.',
      answerIn: 'spec.approval',
      since: expect.stringMatching(/Z$/),
    },
  ]);
  expect(told).toEqual(['WaitsForPerson']);
  expect(harm(world)).toEqual([]);
});

test('is reminded after half an hour, also when the operator watches no longer closely', async () => {
  const { world, told } = await awaitingApproval();
  await world.pass(35 * minuteMs);
  expect(told).toEqual(['WaitsForPerson', 'StillWaitsForPerson']);
});

test('a restart neither asks anew nor forgets since when it was asked', async () => {
  const { world, told } = await awaitingApproval();
  const [before] = await asksOf(world);
  await world.pass(5 * minuteMs);
  world.operatorOwner().kill();
  await world.pass(5_000);
  world.startOperator();
  await world.pass(5 * minuteMs);
  expect(await asksOf(world)).toEqual([before]);
  expect(told).toEqual(['WaitsForPerson']);
});

test('nobody is asked any more once it is approved, and the recovery goes on', async () => {
  const { world } = await awaitingApproval();
  const { planHash } = await look(world);
  await world.patch('RecoveryRequest', requestName, { spec: { approval: { planHash, by: 'Ada' } } });
  await untilPhase(world, 'Succeeded');
  expect(await asksOf(world)).toEqual([]);
});

test('nobody is asked any more for a request that was cancelled after its Host was deleted', async () => {
  const { world } = await awaitingApproval();
  expect(await asksOf(world)).toHaveLength(1);
  await world.remove('Host', lostHost);
  await world.pass(10_000);
  await world.patch('RecoveryRequest', requestName, { spec: { cancel: true } });
  await untilPhase(world, 'Cancelled');
  expect(await asksOf(world)).toEqual([]);
});
