import { describe, expect, test } from 'vitest';
import { actsOf, expectRefusal, stepOf } from './decisions.ts';
import { fenced, hostUUID, nowWallMs, released, suspected, target, unlocked } from './facts.ts';

describe('what changes midway stops it where it stands', () => {
  const midway = [
    ['the power cut', suspected],
    ['the release', fenced],
    ['the locks', released],
    ['the starts', unlocked],
  ] as const;

  test.each(midway)('refuses %s after the request was cancelled', (_step, stage) => {
    expectRefusal(stage().request({ cancelled: true }), /cancelled/);
  });
  test.each(midway)('refuses %s after the pool was set to Observe', (_step, stage) => {
    expectRefusal(stage().policy({ mode: 'Observe' }), /mode Observe/);
  });
  test.each(midway)('refuses %s when high availability was switched on', (_step, stage) => {
    expectRefusal(stage().pool({ haEnabled: true }), /High availability/);
  });
  test.each(midway)('refuses %s when the member became master', (_step, stage) => {
    expectRefusal(stage().pool({ masterUUID: target }), /pool master/);
  });
  test.each(midway)('refuses %s when the member answers', (_step, stage) => {
    expectRefusal(stage().answer(target, { kind: 'member', ofAddress: '10.0.0.1' }), /answered/);
  });
  test.each(midway.slice(1))('refuses %s when the proof was contradicted', (_step, stage) => {
    const { certificate } = stage().facts;
    const contradicted = certificate && { ...certificate, voidBecause: 'it answered.' };
    expectRefusal(stage().with({ certificate: contradicted }), /contradicted: it answered/);
  });
  test.each(midway.slice(1))('makes a new proof before %s when the old one ran out', (_step, stage) => {
    const { certificate } = stage().facts;
    const expired = certificate && { ...certificate, validUntilWallMs: nowWallMs };
    expect(stepOf(stage().with({ certificate: expired }))).toBe(1);
    expect(actsOf(stage().with({ certificate: expired }))).toEqual([]);
  });
  test.each([{ hostUUID: hostUUID(4) }, { serial: 'SN-4' }])(
    'takes the proof about another machine for none: %o',
    (other) => {
      const { certificate } = fenced().facts;
      expect(stepOf(fenced().with({ certificate: certificate && { ...certificate, ...other } }))).toBe(1);
    },
  );
  test('refuses the release when a second member fails in the meantime', () => {
    expectRefusal(fenced().answer(hostUUID(2), { kind: 'silent', says: 'nothing' }), /2 members fail/);
  });
  test('starts nothing on a member that fails after the plan was made', () => {
    const world = unlocked();
    const host = world.facts.plan?.items.find((item) => item.name === 'database')?.host ?? '';
    expect(actsOf(world.answer(host, { kind: 'silent', says: 'nothing' }))).toEqual([]);
  });
});
