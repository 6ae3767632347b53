import { expect, test } from 'vitest';
import type { Verdict } from '../../../src/domain/kernel/verdict.ts';
import { procedures } from '../../../src/domain/procedures/procedures.ts';
import type { Guard, Procedure, Step } from '../../../src/domain/xapi/form.ts';
import { stagesOf, type World } from '../facts.ts';

/** One rule about one guard: in a world where all else holds, this change makes it say that. */
export interface Scenario {
  readonly guard: string;
  /** A sentence that a storage administrator can read. */
  readonly rule: string;
  /** The stage that it begins from, where that is not the one of the first step that asks. */
  readonly in?: string;
  readonly change: (world: World) => World;
  readonly verdict: Verdict['kind'];
  /** The essential words of its sentence. */
  readonly says: RegExp;
}

/** A step that acts, with the world in which it does. */
export interface Staged {
  readonly procedure: Procedure;
  readonly step: Step;
  readonly stage: () => World;
}

/** Every step of a procedure that acts; throws where the tests have no world for one. */
export function stagedSteps(procedure: Procedure): readonly Staged[] {
  const stages = Object.values(stagesOf[procedure.name] ?? {});
  const acting = procedure.steps.filter((step) => step.acts.length > 0);
  if (stages.length !== acting.length) {
    throw new Error(
      `${procedure.name} has ${acting.length} steps that act, and test/spec/facts.ts has ${stages.length} stages for it.`,
    );
  }
  return acting.map((step, index) => ({ procedure, step, stage: stages[index] as () => World }));
}

/** The world that a scenario begins from, for this step; undefined where its procedure has no such stage. */
export function beginningOf(scenario: Scenario, { procedure, stage }: Staged): World | undefined {
  const begin = scenario.in === undefined ? stage : stagesOf[procedure.name]?.[scenario.in];
  return begin?.();
}

const stagedGuards: readonly { readonly guard: Guard; readonly staged: Staged }[] = procedures
  .flatMap(stagedSteps)
  .flatMap((staged) => staged.step.guards.map((guard) => ({ guard, staged })));

export function holdScenarios(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    test(`${scenario.guard} ${scenario.rule}`, () => {
      const asked = stagedGuards.find(({ guard }) => guard.name === scenario.guard);
      if (asked === undefined) throw new Error(`no step of a procedure asks ${scenario.guard}`);
      const { guard, staged } = asked;
      const before = beginningOf(scenario, staged);
      if (before === undefined) throw new Error(`${staged.procedure.name} has no stage ${scenario.in}`);
      const verdict = guard.judge(scenario.change(before).facts);
      expect(verdict.kind, verdict.because).toBe(scenario.verdict);
      expect(verdict.because).toMatch(scenario.says);
      // Without the change it allows, so it is the change that decided; a rule about allowing changes what may be changed.
      expect(guard.judge(before.facts).kind).toBe('allow');
    });
  }
}
