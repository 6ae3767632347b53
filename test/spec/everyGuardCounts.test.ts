/**
 * A guard that could be taken away unnoticed is no guard. For each step of the runbook and each guard of it there is a
 * scenario in which only that guard stands between the facts and an act; likewise for each condition of a start.
 */
import { describe, expect, test } from 'vitest';
import { decide, type Runbook } from '../../src/domain/kernel/decide.ts';
import type { Guard } from '../../src/domain/kernel/verdict.ts';
import { releaseMember } from '../../src/domain/procedures/releaseMember.ts';
import { startConditions, startIsSafe } from '../../src/domain/xapi/startIsSafe.ts';
import { stages } from './facts.ts';
import { failureScenarios } from './guards/failure.scenarios.ts';
import { fenceScenarios } from './guards/fence.scenarios.ts';
import { identityScenarios } from './guards/identity.scenarios.ts';
import { permissionScenarios } from './guards/permission.scenarios.ts';
import { type Scenario, stageNames } from './guards/scenario.ts';
import { planned, startScenarios } from './startScenarios.ts';

const scenarios: readonly Scenario[] = [
  ...permissionScenarios,
  ...failureScenarios,
  ...fenceScenarios,
  ...identityScenarios,
];
const actingSteps = releaseMember.steps.filter((step) => step.risk !== 'Read');

test('there is a stage for each step that acts, in which it acts', () => {
  expect(stageNames).toHaveLength(actingSteps.length);
  for (const [index, name] of stageNames.entries()) {
    const decision = decide(releaseMember.steps, stages[name]().facts);
    expect(decision.kind, name).toBe('act');
    expect(decision.kind === 'act' && decision.step, name).toBe(actingSteps[index]);
  }
});

describe.each(actingSteps.map((step, index) => [step.title, step, index] as const))(
  '%s',
  (_title, step, index) => {
    test.each(step.guards.map((guard) => [guard.name, guard] as const))(
      'would act wrongly without %s',
      (_name, guard) => {
        expect(ruleThatNeeds(guard, index), `no scenario needs ${guard.name} in this step`).toBeDefined();
      },
    );
  },
);

/** The rule of the first scenario in which the runbook stops with the guard, and acts without it. */
function ruleThatNeeds(guard: Guard, index: number): string | undefined {
  const lesser = without(guard, index);
  return scenarios
    .filter((scenario) => scenario.guard === guard.name && scenario.verdict !== 'allow')
    .find((scenario) => {
      const { facts } = scenario.change(stages[scenario.in ?? stageOf(index)]());
      return decide(releaseMember.steps, facts).kind !== 'act' && decide(lesser, facts).kind === 'act';
    })?.rule;
}

function stageOf(index: number): keyof typeof stages {
  const name = stageNames[index];
  if (name === undefined) throw new Error(`there is no stage for step ${index + 1}`);
  return name;
}

function without(guard: Guard, index: number): Runbook {
  return releaseMember.steps.map((step, position) =>
    position === index ? { ...step, guards: step.guards.filter((one) => one !== guard) } : step,
  );
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
