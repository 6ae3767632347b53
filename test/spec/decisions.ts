/** Asks the runbook about a world, and says what it decided in the words that a test compares. */
import { expect } from 'vitest';
import type { Act } from '../../src/domain/acts/act.ts';
import { decide } from '../../src/domain/kernel/decide.ts';
import { releaseMember } from '../../src/domain/procedures/releaseMember.ts';
import type { Decision } from '../../src/domain/xapi/form.ts';
import { target, type World } from './facts.ts';

export const declaring = `declareDead ${target}`;

export function decisionOf(world: World): Decision {
  return decide(releaseMember.steps, world.facts);
}

export function actsOf(world: World): readonly Act[] {
  const decision = decisionOf(world);
  return decision.kind === 'act' ? decision.acts : [];
}

/** The number of the step that decides, from 1; 0 when nothing is left to do. */
export function stepOf(world: World): number {
  const decision = decisionOf(world);
  return decision.kind === 'finished' ? 0 : releaseMember.steps.indexOf(decision.step) + 1;
}

export function sentenceOf(decision: Decision): string {
  return decision.kind === 'refuse' || decision.kind === 'await' ? decision.because : '';
}

export function expectRefusal(world: World, words: RegExp): void {
  const decision = decisionOf(world);
  expect(decision.kind, sentenceOf(decision)).toBe('refuse');
  expect(sentenceOf(decision)).toMatch(words);
}

export function expectWaiting(world: World, words: RegExp): void {
  const decision = decisionOf(world);
  expect(decision.kind, sentenceOf(decision)).toBe('await');
  expect(sentenceOf(decision)).toMatch(words);
}
