import { expect, test } from 'vitest';
import { decide } from '../../src/domain/kernel/decide.ts';
import { meaningOf, type Outcome, outcomeOf } from '../../src/domain/kernel/outcome.ts';
import { releaseMember } from '../../src/domain/procedures/releaseMember.ts';
import type { Facts } from '../../src/domain/xapi/facts.ts';
import { recovered, suspected } from './facts.ts';

const hourMs = 60 * 60_000;

function outcome(
  facts: Facts,
  since: { readonly requestMs?: number; readonly stepMs?: number } = {},
): Outcome {
  const decision = decide(releaseMember.steps, facts);
  return outcomeOf(releaseMember, decision, facts, {
    requestMs: since.requestMs ?? facts.nowMs,
    step:
      decision.kind === 'finished'
        ? undefined
        : { title: decision.step.title, sinceMs: since.stepMs ?? facts.nowMs },
  });
}

test('a recovery whose virtual machines all run has succeeded, and is never looked at again', () => {
  const { phase } = outcome(recovered().facts);
  expect(phase).toBe('Succeeded');
  expect(meaningOf[phase]).toMatchObject({ over: true, ready: 'True', againAfterMs: undefined });
});

test('a release that found no virtual machines says so, and where to look for ones that should run', () => {
  const { facts } = recovered();
  const empty: Facts = {
    ...facts,
    plan: facts.plan === undefined ? undefined : { ...facts.plan, items: [] },
  };
  const { phase, message } = outcome(empty);
  expect(phase).toBe('Succeeded');
  expect(message).toContain('look for ones that are halted');
});

test('one virtual machine that could not be started makes the recovery a failure that names it', () => {
  const name = recovered().facts.plan?.items.find((one) => one.state === 'Running')?.name ?? '';
  const { phase, message } = outcome(recovered().item(name, { state: 'Failed', why: 'no' }).facts);
  expect(phase).toBe('Failed');
  expect(message).toContain(name);
});

test('a guard that denies makes a refusal that waits for a person and is asked again', () => {
  const { phase, message, stalled } = outcome(suspected().policy({ mode: 'Observe' }).facts);
  expect(phase).toBe('Refused');
  expect(stalled?.message).toBe(message);
  expect(meaningOf[phase]).toMatchObject({ over: false, reconciling: false });
});

test('a plan without the approval that the Pool asks for awaits it', () => {
  expect(outcome(suspected().policy({ approval: 'Always' }).facts).phase).toBe('AwaitingApproval');
});

test('a request of mode Plan ends with its plan', () => {
  const { phase } = outcome(suspected().request({ mode: 'Plan' }).facts);
  expect(phase).toBe('Planned');
  expect(meaningOf[phase].over).toBe(true);
});

test('a request that is cancelled before anything was done ends as cancelled', () => {
  expect(outcome(suspected().with({ journal: [] }).request({ cancelled: true }).facts).phase).toBe(
    'Cancelled',
  );
});

test('a request for which nothing could be begun for an hour beyond its silence ends, and says why', () => {
  const { facts } = suspected()
    .with({ journal: [] })
    .policy({ pausedBecause: ['works on the storage'] });
  const patienceMs = hourMs + facts.policy.memberTimeoutMs;
  expect(outcome(facts, { requestMs: facts.nowMs - patienceMs }).phase).toBe('Waiting');
  const ended = outcome(facts, { requestMs: facts.nowMs - patienceMs - 1 });
  expect(ended.phase).toBe('Failed');
  expect(ended.message).toContain('works on the storage');
});

test('a step that waits too long calls a person, and goes on waiting', () => {
  const { facts } = suspected().policy({ pausedBecause: ['works on the storage'] });
  expect(outcome(facts).stalled).toBeUndefined();
  const late = outcome(facts, { stepMs: facts.nowMs - hourMs - facts.policy.memberTimeoutMs });
  expect(late.stalled?.reason).toBe('WaitsTooLong');
  expect(meaningOf[late.phase].over).toBe(false);
});

test('no outcome is both over and looked at again, and none that goes on is forgotten', () => {
  for (const [phase, meaning] of Object.entries(meaningOf)) {
    expect([phase, meaning.againAfterMs === undefined]).toEqual([phase, meaning.over]);
  }
});
