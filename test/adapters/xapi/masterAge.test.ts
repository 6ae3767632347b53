import { expect, test } from 'vitest';
import { masterUpForMs, parseXapiDate } from '../../../src/adapters/xapi/masterAge.ts';
import type { HostRecord } from '../../../src/adapters/xapi/records.ts';

const master: HostRecord = {
  uuid: 'u',
  name: 'host-1',
  address: 'a',
  enabled: true,
  currentOperations: [],
  serial: '',
  softwareVersion: '',
  metricsRef: 'm',
  agentStartSeconds: 1_000,
};
const clock = { serverMs: 1_600_000, atMs: 50_000 };
const base = { master, clock, nowMs: 70_000, sessionOpenedAtMs: 40_000, restartSeenAtMs: undefined };

test("counts from the start in the record, by the master's own clock", () => {
  expect(masterUpForMs(base)).toBe(620_000);
});

test('counts from the opening of our session when the start is missing, or the clock, or the master is not enabled', () => {
  expect(masterUpForMs({ ...base, master: { ...master, agentStartSeconds: undefined } })).toBe(30_000);
  expect(masterUpForMs({ ...base, clock: undefined })).toBe(30_000);
  expect(masterUpForMs({ ...base, master: { ...master, enabled: false } })).toBe(30_000);
});

test('is never older than a restart that was seen', () => {
  expect(masterUpForMs({ ...base, restartSeenAtMs: 35_000 })).toBe(35_000);
});

test('is never younger than our session, even when its clock was set back', () => {
  expect(masterUpForMs({ ...base, master: { ...master, agentStartSeconds: 9_000_000 } })).toBe(30_000);
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
