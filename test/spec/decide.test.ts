import { describe, expect, test } from 'vitest';
import { actKey } from '../../src/domain/acts/act.ts';
import { decide, judgeAll } from '../../src/domain/kernel/decide.ts';
import { allow, deny, unknown, type Verdict } from '../../src/domain/kernel/verdict.ts';
import { releaseMember } from '../../src/domain/procedures/releaseMember.ts';
import type { Guard, Step } from '../../src/domain/xapi/form.ts';
import { suspected, target, vmUUID } from './facts.ts';

const { facts } = suspected();
const act = { kind: 'declareDead', hostUUID: target } as const;

function guard(name: string, verdict: Verdict): Guard {
  return { name, judge: () => verdict };
}

function step(title: string, change: Partial<Step> = {}): Step {
  return {
    title,
    acts: ['declareDead'],
    done: () => false,
    guards: [],
    next: () => ({ kind: 'act', acts: [act] }),
    ...change,
  };
}

describe('deciding', () => {
  test('is finished when every step is done', () => {
    expect(decide([step('a', { done: () => true })], facts)).toEqual({ kind: 'finished' });
  });
  test('looks at nothing behind the first step that is not done', () => {
    const behind = step('b', {
      done: () => {
        throw new Error('looked at the second step');
      },
    });
    expect(decide([step('a'), behind], facts)).toMatchObject({ kind: 'act', step: { title: 'a' } });
  });
  test('goes back to an earlier step that is no longer done', () => {
    const decision = decide([step('a'), step('b', { done: () => true })], facts);
    expect(decision).toMatchObject({ step: { title: 'a' } });
  });
  test('refuses with the sentence of the guard that denies', () => {
    const guards = [guard('one', allow('fine')), guard('two', deny('not now'))];
    expect(decide([step('a', { guards })], facts)).toMatchObject({ kind: 'refuse', because: 'not now' });
  });
  test('waits with the sentence of the guard that does not know: unknown is never yes', () => {
    const guards = [guard('one', unknown('nobody has looked')), guard('two', allow('fine'))];
    expect(decide([step('a', { guards })], facts)).toMatchObject({
      kind: 'await',
      because: 'nobody has looked',
    });
  });
  test('does not ask what to do while a guard does not allow', () => {
    const next = (): never => {
      throw new Error('asked what to do');
    };
    expect(decide([step('a', { guards: [guard('one', deny('no'))], next })], facts).kind).toBe('refuse');
  });
  test('hands a step that cannot go on to a person, as a refusal', () => {
    const next = () => ({ kind: 'giveUp', because: 'tried three times' }) as const;
    expect(decide([step('a', { next })], facts)).toMatchObject({
      kind: 'refuse',
      because: 'tried three times',
    });
  });
  test('lets people see what every guard says, not only the first that stops', () => {
    const guards = [guard('one', deny('no')), guard('two', unknown('unread')), guard('three', allow('fine'))];
    expect(judgeAll(step('a', { guards }), facts).map(({ verdict }) => verdict.kind)).toEqual([
      'deny',
      'unknown',
      'allow',
    ]);
  });
});

describe('the runbook', () => {
  test('says each step in a sentence of its own', () => {
    const titles = releaseMember.steps.map((one) => one.title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(title).toMatch(/^[A-Z].+[^.]$/);
  });
  test('asks for the fence in every step from the release on that changes anything', () => {
    for (const one of releaseMember.steps.slice(1)) {
      const names = one.guards.map((guard) => guard.name);
      if (one.acts.length === 0) continue;
      expect(names, one.title).toContain('hostIsProvenOff');
      expect(names, one.title).toContain('poolModeAllowsActing');
      expect(names, one.title).toContain('requestIsNotCancelled');
    }
  });
  test('has guards whose names are unlike each other', () => {
    const guards = new Set(releaseMember.steps.flatMap((one) => one.guards));
    expect(new Set([...guards].map((guard) => guard.name)).size).toBe(guards.size);
  });
});

test('the journal names an act by what it is done to, so that a restarted process recognises it', () => {
  expect(actKey({ kind: 'cutPower', hostUUID: target })).toBe(`cutPower ${target}`);
  expect(actKey({ kind: 'declareDead', hostUUID: target })).toBe(`declareDead ${target}`);
  expect(actKey({ kind: 'removeLock', vdiUUID: 'disk-web', hostRef: 'OpaqueRef:3' })).toBe(
    'removeLock disk-web',
  );
  const here = actKey({ kind: 'start', vmUUID: vmUUID('web'), hostUUID: 'here' });
  expect(here).toBe(actKey({ kind: 'start', vmUUID: vmUUID('web'), hostUUID: 'there' }));
});
