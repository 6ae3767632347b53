import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certify, contrarySign } from '../../src/domain/fence/certificate.ts';
import { attestationInForce } from '../../src/domain/fence/words.ts';
import type { PowerObservation } from '../../src/domain/xapi/facts.ts';
import {
  attended,
  fenced,
  hostUUID,
  nowMs,
  nowWallMs,
  read,
  suspected,
  target,
  type World,
} from './facts.ts';

const unread = (): World => suspected().with({ powerReadings: [] });

describe('a proof by a device', () => {
  test('is two readings of off, 10 s apart, and names what was read, where and when', () => {
    const proof = certify(unread().power('off', 12_000).power('off', 2000).facts);
    expect(proof).toMatchObject({
      hostUUID: target,
      serial: 'SN-3',
      method: 'Redfish',
      device: 'redfish https://10.0.9.3',
      readings: [
        { says: 'Off', atWallMs: nowWallMs - 12_000 },
        { says: 'Off', atWallMs: nowWallMs - 2000 },
      ],
      validUntilWallMs: nowWallMs + 30 * 60_000,
      voidBecause: undefined,
    });
  });
  test.each([
    ['one reading', unread().power('off', 2000)],
    ['two readings less than 10 s apart', unread().power('off', 11_999).power('off', 2000)],
    ['a reading of on between', unread().power('off', 20_000).power('on', 10_000).power('off', 2000)],
    [
      'a reading between that is neither',
      unread().power('off', 20_000).power('other', 10_000).power('off', 2000),
    ],
    ['a newest reading of on', unread().power('off', 20_000).power('off', 5000).power('on', 2000)],
    ['two devices', unread().power('off', 20_000, { device: 'another' }).power('off', 2000)],
    [
      'the serial of another machine',
      unread().power('off', 20_000, { serial: 'SN-4' }).power('off', 2000, { serial: 'SN-4' }),
    ],
    ['a serial that changed between', unread().power('off', 20_000).power('off', 2000, { serial: 'SN-4' })],
    [
      'nothing declared that its controller shows',
      unread().declaredAs({ serial: undefined }).power('off', 20_000).power('off', 2000),
    ],
    [
      'a gap of more than a minute between the two (it could have run in it)',
      unread().power('off', 3_600_000).power('off', 2000),
    ],
    [
      'a member that answers',
      unread()
        .power('off', 20_000)
        .power('off', 2000)
        .answer(target, { kind: 'member', ofAddress: '10.0.0.1' }),
    ],
    [
      'a member that the master reaches',
      unread()
        .power('off', 20_000)
        .power('off', 2000)
        .with({ masterContact: read('answers') }),
    ],
  ])('is not made from %s', (_what, world) => {
    expect(certify(world.facts)).toBeUndefined();
  });
  test('is never made again once it was contradicted', () => {
    const { facts } = fenced();
    const ended = facts.certificate && { ...facts.certificate, voidBecause: 'it answered.' };
    expect(certify({ ...facts, certificate: ended })).toBeUndefined();
  });
  test('is only ever made from an unbroken run of off, whatever was read before', () => {
    const reading = fc.record({
      power: fc.constantFrom<PowerObservation['power']>('off', 'off', 'off', 'on', 'other'),
      serial: fc.constantFrom('SN-3', 'SN-3', 'SN-3', 'SN-4'),
      device: fc.constantFrom('bmc', 'bmc', 'bmc', 'pdu'),
      passedMs: fc.integer({ min: 500, max: 40_000 }),
    });
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 8 }), (drawn) => {
        const readings = timed(drawn);
        const proof = certify(unread().with({ powerReadings: readings }).facts);
        const run = readings.slice(
          readings.findLastIndex((one) => one.power !== 'off' || one.serial !== 'SN-3') + 1,
        );
        const mine = run.slice(run.findLastIndex((one) => one.device !== run.at(-1)?.device) + 1);
        const longEnough = (mine.at(-1)?.atMs ?? 0) - (mine[0]?.atMs ?? 0) >= 10_000;
        expect(proof !== undefined).toBe(longEnough);
      }),
      { numRuns: 500 },
    );
  });
});

function timed(
  drawn: readonly (Pick<PowerObservation, 'power' | 'serial' | 'device'> & { readonly passedMs: number })[],
): readonly PowerObservation[] {
  let agoMs = drawn.reduce((sum, one) => sum + one.passedMs, 0);
  return drawn.map(({ power, serial, device, passedMs }) => {
    agoMs -= passedMs;
    const shows = { serial, sku: '', systemUUID: '', device };
    return { ...shows, power, says: power, atMs: nowMs - agoMs, atWallMs: nowWallMs - agoMs };
  });
}

describe("a proof by a person's word", () => {
  const dark = (): World => unread().with({ powerUnknown: 'its controller does not answer' });

  test('names who said what, and ends with the word', () => {
    expect(certify(dark().attested().facts)).toMatchObject({
      method: 'Attestation',
      attestedBy: 'mika',
      statement: attended,
      validUntilWallMs: nowWallMs - 60_000 + 3_600_000,
    });
  });
  test('ends no later than the Host allows', () => {
    const world = dark().target({ attestationMaxMs: 600_000 }).attested();
    expect(certify(world.facts)?.validUntilWallMs).toBe(nowWallMs - 60_000 + 600_000);
  });
  test.each([
    ['the Host takes no word', dark().target({ attestationMaxMs: undefined }).attested()],
    ['it is about another host', dark().attested({ hostUUID: hostUUID(4) })],
    ['it is dated in the future', dark().attested({ atWallMs: nowWallMs + 1 })],
    ['it has expired', dark().attested({ validForMs: 60_000 })],
    [
      'the member was heard of after it was given',
      dark()
        .with({ silentForMs: read(0) })
        .attested({ atWallMs: nowWallMs - 600_000 }),
    ],
    [
      'it is not known since when the member is silent',
      dark()
        .with({ silentForMs: { kind: 'unknown', because: 'not yet' } })
        .attested(),
    ],
    ['the member answers', dark().attested().answer(target, { kind: 'troubled', says: 'emergency mode' })],
  ])('is not made when %s', (_what, world) => {
    expect(certify(world.facts)).toBeUndefined();
  });
  test('is not made when the controller said on after the word was given, though it cannot be read now', () => {
    expect(certify(dark().attested().power('on', 30_000).facts)).toBeUndefined();
  });
  test('is made when the controller said on before the word and cannot be read since (the on of before stood in the way for ever)', () => {
    expect(certify(dark().power('on', 120_000).attested().facts)?.method).toBe('Attestation');
  });
  test('is made from the newest word, when the controller said on after an older one', () => {
    const world = dark()
      .attested({ atWallMs: nowWallMs - 600_000 })
      .power('on', 300_000);
    expect(certify(world.facts)).toBeUndefined();
    expect(certify(world.attested().facts)?.method).toBe('Attestation');
  });
  test('is not made while the controller can still be read and says on, whatever the clocks say', () => {
    const world = unread().power('on', 120_000).attested();
    expect(certify(world.facts)).toBeUndefined();
  });
  test('counts a word of the minutes in which the silence began', () => {
    const world = dark()
      .with({ silentForMs: read(600_000) })
      .attested({ atWallMs: nowWallMs - 660_000 });
    expect(attestationInForce(world.facts)?.by).toBe('mika');
  });
});

describe('a contrary sign', () => {
  test('is not the on of before the proof', () => {
    expect(contrarySign(fenced().facts)).toBeUndefined();
  });
  test('is one reading of on since the proof, though the next says off again (a short return of power went unnoticed)', () => {
    expect(contrarySign(fenced().power('on', 1500).power('off', 500).facts)).toMatch(/"On"/);
  });
  test('is seen by a restarted process too, which has only read what came after the proof', () => {
    const { facts } = fenced();
    const after = suspected()
      .with({ ...facts, powerReadings: [] })
      .power('on', 1500)
      .power('off', 500);
    expect(contrarySign(after.facts)).toMatch(/"On"/);
  });
  test('is seen though the moments of the proof lost their milliseconds in the record', () => {
    const { certificate, ...rest } = fenced().facts;
    const kept = certificate && {
      ...certificate,
      readings: certificate.readings.map((one) => ({
        ...one,
        atWallMs: Math.floor(one.atWallMs / 1000) * 1000,
      })),
    };
    const world = suspected().with({ ...rest, certificate: kept });
    expect(contrarySign(world.facts)).toBeUndefined();
    expect(contrarySign(world.power('on', 500).facts)).toMatch(/"On"/);
  });
  test('is a pool that would not declare it dead because it reached it', () => {
    const refused = {
      key: `declareDead ${target}`,
      outcome: 'NotDone',
      reply: 'failed',
      says: 'HOST_IS_LIVE',
    } as const;
    expect(contrarySign(fenced().acted(refused).facts)).toMatch(/HOST_IS_LIVE/);
  });
});
