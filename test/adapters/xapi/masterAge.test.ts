import { expect, test } from 'vitest';
import { masterUp, parseXapiDate } from '../../../src/adapters/xapi/masterAge.ts';
import type { HostRecord } from '../../../src/adapters/xapi/records.ts';

const master: HostRecord = {
  uuid: 'u',
  name: 'host-1',
  address: 'a',
  enabled: true,
  currentOperations: [],
  serial: '',
  boardSerial: '',
  softwareVersion: '',
  metricsRef: 'm',
  agentStartSeconds: 1_000,
};
const clock = { serverMs: 1_600_000, atMs: 50_000 };
const age = { clock, restart: { seenAtMs: undefined }, missing: undefined };
const base = { master, age, nowMs: 70_000, sessionOpenedAtMs: 40_000 };

test("counts from the start in the record, by the master's own clock", () => {
  expect(masterUp(base)).toEqual({ atLeastMs: 620_000, unsureBecause: undefined });
});

test('counts from the opening of our session when the start is missing, or the master is not enabled, and says so', () => {
  expect(masterUp({ ...base, master: { ...master, agentStartSeconds: undefined } })).toEqual({
    atLeastMs: 30_000,
    unsureBecause: 'its record shows no start',
  });
  expect(masterUp({ ...base, master: { ...master, enabled: false } })).toMatchObject({
    atLeastMs: 30_000,
    unsureBecause: expect.stringContaining('not enabled'),
  });
});

test('an answer that is missing is no age: what is certain is our session, and it is asked again', () => {
  for (const missing of [
    { ...age, clock: undefined, missing: 'no answer' },
    { ...age, restart: undefined, missing: 'no answer' },
  ]) {
    expect(masterUp({ ...base, age: missing })).toEqual({
      atLeastMs: 30_000,
      unsureBecause: 'no answer; it is asked again every few seconds',
    });
  }
});

test('is never older than a restart that was seen', () => {
  expect(masterUp({ ...base, age: { ...age, restart: { seenAtMs: 35_000 } } }).atLeastMs).toBe(35_000);
});

test('is never younger than our session, even when its clock was set back', () => {
  expect(masterUp({ ...base, master: { ...master, agentStartSeconds: 9_000_000 } }).atLeastMs).toBe(30_000);
});

test.each([
  ['20240131T09:05:07Z', Date.UTC(2024, 0, 31, 9, 5, 7)],
  ['2024-01-31T09:05:07Z', Date.UTC(2024, 0, 31, 9, 5, 7)],
  ['2024-01-31T09:05:07.250Z', Date.UTC(2024, 0, 31, 9, 5, 7)],
  ['yesterday', undefined],
  ['2024-01-31T09:05:07+01:00', undefined],
  [17, undefined],
])('reads the date %s', (written, ms) => {
  expect(parseXapiDate(written)).toBe(ms);
});
