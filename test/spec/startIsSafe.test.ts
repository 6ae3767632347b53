import { expect, test } from 'vitest';
import { startConditions, startIsSafe } from '../../src/domain/xapi/startIsSafe.ts';
import { machine, notRead, read } from './facts.ts';
import { planned, startScenarios } from './startScenarios.ts';

test('allows the start of a halted virtual machine whose disks nobody holds, on a host that takes it', () => {
  const { item, reading, facts } = planned((world) => world);
  expect(startIsSafe(item, reading, facts)).toEqual({ kind: 'allow' });
});

test('waits when the record could not be read, or was read more than 10 s ago', () => {
  for (const record of [notRead, read(machine('database', { powerState: 'Halted' }), 10_001)]) {
    const { item, reading, facts } = planned((world) => world.start('database', { record }));
    expect(startIsSafe(item, reading, facts).kind).toBe('unknown');
  }
});

test.each(startScenarios.map((scenario) => [`${scenario.condition} ${scenario.rule}`, scenario] as const))(
  '%s',
  (_title, scenario) => {
    const { item, reading, facts } = planned(scenario.change);
    const verdict = startIsSafe(item, reading, facts);
    const sentence = verdict.kind === 'allow' ? '' : verdict.because;
    expect(verdict.kind === 'deny' && verdict.elsewhere ? 'elsewhere' : verdict.kind, sentence).toBe(
      scenario.verdict,
    );
    expect(sentence).toMatch(scenario.says);
    expect(startConditions.map((condition) => condition.name)).toContain(scenario.condition);
  },
);
