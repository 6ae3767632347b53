/**
 * A guard that could be taken away unnoticed is no guard. For each step of each procedure and each guard of it there is a
 * scenario in which only that guard stands between the facts and an act; likewise for each condition of a start.
 */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/kernel/decide.ts';
import { procedures } from '../../src/domain/procedures/procedures.ts';
import type { Guard, Procedure } from '../../src/domain/xapi/form.ts';
import { startConditions, startIsSafe } from '../../src/domain/xapi/startIsSafe.ts';
import { failureScenarios } from './guards/failure.scenarios.ts';
import { fenceScenarios } from './guards/fence.scenarios.ts';
import { identityScenarios } from './guards/identity.scenarios.ts';
import { permissionScenarios } from './guards/permission.scenarios.ts';
import { beginningOf, type Scenario, type Staged, stagedSteps } from './guards/scenario.ts';
import { planned, startScenarios } from './startScenarios.ts';

const scenarios: readonly Scenario[] = [
  ...permissionScenarios,
  ...failureScenarios,
  ...fenceScenarios,
  ...identityScenarios,
];

describe.each(procedures.map((procedure) => [procedure.name, procedure] as const))(
  '%s',
  (_name, procedure) => {
    test.each(stagedSteps(procedure).map((staged) => [staged.step.title, staged] as const))(
      'acts in its stage: %s',
      (_title, { step, stage }) => {
        expect(decide(procedure.steps, stage().facts)).toMatchObject({ kind: 'act', step });
      },
    );

    describe.each(stagedSteps(procedure).map((staged) => [staged.step.title, staged] as const))(
      '%s',
      (_title, staged) => {
        test.each(staged.step.guards.map((guard) => [guard.name, guard] as const))(
          'would act wrongly without %s',
          (_guard, guard) => {
            expect(
              ruleThatNeeds(guard, staged),
              `no scenario needs ${guard.name} in this step`,
            ).toBeDefined();
          },
        );
      },
    );
  },
);

test('a procedure for whose steps there is no stage is named', () => {
  const [first] = procedures;
  expect(() => stagedSteps({ ...(first as Procedure), name: 'RestorePool' })).toThrow(
    /RestorePool has \d+ steps that act/,
  );
});

/** The rule of the first scenario in which the runbook stops with the guard, and acts without it. */
function ruleThatNeeds(guard: Guard, staged: Staged): string | undefined {
  const { steps } = staged.procedure;
  const lesser = steps.map((step) =>
    step === staged.step ? { ...step, guards: step.guards.filter((one) => one !== guard) } : step,
  );
  return scenarios
    .filter((scenario) => scenario.guard === guard.name && scenario.verdict !== 'allow')
    .find((scenario) => {
      const before = beginningOf(scenario, staged);
      if (before === undefined) return false;
      const { facts } = scenario.change(before);
      return decide(steps, facts).kind !== 'act' && decide(lesser, facts).kind === 'act';
    })?.rule;
}

test.each(startConditions.map((condition) => [condition.name, condition] as const))(
  'a start would be sent wrongly without %s',
  (name, condition) => {
    const rule = startScenarios
      .filter((scenario) => scenario.condition === name && scenario.verdict !== 'allow')
      .find((scenario) => {
        const { facts, item, reading } = planned(scenario.change);
        const rest = startConditions.filter((one) => one !== condition);
        return (
          startIsSafe(item, reading, facts).kind !== 'allow' &&
          startIsSafe(item, reading, facts, rest).kind === 'allow'
        );
      });
    expect(rule, `no scenario needs ${name}`).toBeDefined();
  },
);
