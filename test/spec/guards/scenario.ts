import { expect, test } from 'vitest';
import type { Guard, Verdict } from '../../../src/domain/kernel/verdict.ts';
import { releaseMember } from '../../../src/domain/procedures/releaseMember.ts';
import { stages, type World } from '../facts.ts';

/** One rule about one guard: in a world where all else holds, this change makes it say that. */
export interface Scenario {
  readonly guard: string;
  /** A sentence that a storage administrator can read. */
  readonly rule: string;
  readonly in?: keyof typeof stages;
  readonly change: (world: World) => World;
  readonly verdict: Verdict['kind'];
  /** The essential words of its sentence. */
  readonly says: RegExp;
}

export const guardsByName: ReadonlyMap<string, Guard> = new Map(
  releaseMember.steps.flatMap((step) => step.guards.map((guard) => [guard.name, guard] as const)),
);

export function holdScenarios(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    test(`${scenario.guard} ${scenario.rule}`, () => {
      const guard = guardsByName.get(scenario.guard);
      if (guard === undefined) throw new Error(`no step of the runbook asks ${scenario.guard}`);
      const before = stages[scenario.in ?? stageThatAsks(guard)]();
      const verdict = guard.judge(scenario.change(before).facts);
      expect(verdict.kind, verdict.because).toBe(scenario.verdict);
      expect(verdict.because).toMatch(scenario.says);
      // Without the change it allows, so it is the change that decided; a rule about allowing changes what may be changed.
      expect(guard.judge(before.facts).kind).toBe('allow');
    });
  }
}

/** The stage in which the first step that asks this guard acts. */
export function stageThatAsks(guard: Guard): keyof typeof stages {
  const index = releaseMember.steps.findIndex((step) => step.guards.includes(guard));
  const stage = stageNames[index];
  if (stage === undefined) throw new Error(`no stage for ${guard.name}`);
  return stage;
}

/** In the order of the steps of the runbook that act. */
export const stageNames = Object.keys(stages) as (keyof typeof stages)[];
