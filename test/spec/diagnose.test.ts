import { describe, expect, test } from 'vitest';
import { type Diagnosis, diagnose, type MemberSigns } from '../../src/domain/xapi/diagnose.ts';
import { notRead, read, silent } from './parts.ts';

function diagnosis(change: Partial<MemberSigns>): Diagnosis {
  return diagnose({
    name: 'host-3',
    maintenance: false,
    answer: read(silent),
    masterContact: read('cannotBeContacted'),
    silentForMs: read(3_600_000),
    live: false,
    memberTimeoutMs: 600_000,
    power: 'on',
    ...change,
  });
}

describe('a member', () => {
  test('is healthy while it answers, whatever the pool believes', () => {
    expect(diagnosis({ answer: read({ kind: 'member', ofAddress: '10.0.0.1' }), live: false }).kind).toBe(
      'healthy',
    );
  });
  test('is not suspected in Maintenance', () => {
    expect(diagnosis({ maintenance: true }).kind).toBe('healthy');
  });
  test('is only silent until it has been so for as long as the Pool says', () => {
    expect(diagnosis({ silentForMs: read(599_999) })).toMatchObject({
      kind: 'silent',
      because: expect.stringMatching(/suspected after 600 s/),
    });
  });
  test('is suspected then, with what proof is missing', () => {
    expect(diagnosis({})).toMatchObject({
      kind: 'suspected',
      reason: 'Silent',
      because: expect.stringMatching(/proves nothing.*Missing proof: power read as off/),
    });
    expect(diagnosis({ power: undefined }).because).toMatch(/its power cannot be read/);
    expect(diagnosis({ power: 'off' }).because).toMatch(/has no power\. Create a RecoveryRequest/);
  });
  test('is never said to be dead, though the pool takes it for dead', () => {
    for (const live of [true, false, undefined]) {
      for (const power of ['on', 'off', 'other', undefined] as const) {
        expect(diagnosis({ live, power }).because).not.toMatch(/is dead|has died/);
      }
    }
  });
  test('is suspected from here only when the master still reaches it', () => {
    expect(diagnosis({ masterContact: read('answers') })).toMatchObject({
      kind: 'suspected',
      reason: 'SilentToOperatorOnly',
      because: expect.stringMatching(/way from here is broken/),
    });
  });
  test('is unknown when it could not be asked, or somebody else answers in its place', () => {
    expect(diagnosis({ answer: notRead }).kind).toBe('unknown');
    expect(diagnosis({ silentForMs: notRead }).kind).toBe('unknown');
    expect(diagnosis({ answer: read({ kind: 'impostor', says: 'another certificate' }) })).toMatchObject({
      kind: 'unknown',
      because: expect.stringMatching(/Somebody else.*another certificate/),
    });
  });
});
