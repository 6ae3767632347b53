/** Acts that could not be sent, and a restart of the process that tried them. */
import { expect, test } from 'vitest';
import type { RecoveryRequest } from '../../src/api/generated/types.ts';
import { holdBack } from '../../src/controllers/recovery/holdBack.ts';
import { recall } from '../../src/controllers/recovery/recall.ts';
import type { Step } from '../../src/domain/xapi/form.ts';

const startedMs = 1_000;
const wallMs = Date.parse('2026-01-01T00:10:00Z');
const clock = { monotonicMs: () => startedMs, wallMs: () => wallMs };

/** A request whose cut could not be sent so many seconds before the restart. */
const notSentBefore = (seconds: number): RecoveryRequest =>
  ({
    metadata: { name: 'release', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {},
    status: {
      phase: 'Running',
      journal: [
        {
          act: 'cutPower',
          targets: ['host-uuid-3'],
          outcome: 'NotSent',
          detail: 'HTTP 409.',
          at: new Date(wallMs - seconds * 1000 - 200).toISOString(),
          endedAt: new Date(wallMs - seconds * 1000).toISOString(),
        },
      ],
    },
  }) as unknown as RecoveryRequest;

const decisionAfter = (seconds: number, laterMs: number): string =>
  holdBack(
    {
      kind: 'act',
      step: {} as Step,
      acts: [{ kind: 'cutPower', hostUUID: 'host-uuid-3' }],
      evidence: [],
    },
    recall(notSentBefore(seconds), clock, Number.POSITIVE_INFINITY),
    startedMs + laterMs,
  ).kind;

test('a restart does not begin with the shortest pause again where an act could not be sent', () => {
  expect(decisionAfter(0, 3_000)).toBe('await');
  expect(decisionAfter(0, 5_000)).toBe('act');
});

test('nobody waits for a pause that was over before the restart', () => {
  expect(decisionAfter(60, 0)).toBe('act');
});
