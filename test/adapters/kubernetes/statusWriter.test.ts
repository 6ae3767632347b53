import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Condition, setCondition } from '../../../src/adapters/kubernetes/conditions.ts';
import { sameJson } from '../../../src/adapters/kubernetes/sameJson.ts';
import { createStatusWriter } from '../../../src/adapters/kubernetes/statusWriter.ts';
import type { KubernetesApi, KubernetesObject } from '../../../src/ports/kubernetes.ts';
import { host, hostKind, type SampleHost } from './sampleObjects.ts';

function openWriter() {
  const written: KubernetesObject[] = [];
  const unused = (): never => {
    throw new Error('only the status is written');
  };
  const api: KubernetesApi = {
    read: unused,
    list: unused,
    create: unused,
    writeStatus: async (_, object) => {
      written.push(object);
      return { kind: 'written', object };
    },
  };
  return { writer: createStatusWriter({ api }), written };
}

describe('a status', () => {
  test('that says the same is not written, whatever the order of its keys', async () => {
    const { writer, written } = openWriter();
    const stored = {
      ...host('a', 5),
      status: { live: true, conditions: [{ type: 'Ready', status: 'True' }] },
    };
    const desired = { conditions: [{ status: 'True', type: 'Ready', reason: undefined }], live: true };
    expect(await writer.write(hostKind, stored, desired as never)).toEqual({ kind: 'unchanged' });
    expect(written).toEqual([]);
  });

  test('that differs is written whole, with the version that was read', async () => {
    const { writer, written } = openWriter();
    const stored: SampleHost = { ...host('a', 5), status: { live: true } };
    expect(await writer.write(hostKind, stored, { live: false })).toMatchObject({ kind: 'written' });
    expect(written).toEqual([{ ...host('a', 5), status: { live: false } }]);
    expect(stored.status).toEqual({ live: true });
  });

  test('of an object that has none yet is written, an empty one is not', async () => {
    const { writer, written } = openWriter();
    expect(await writer.write(hostKind, host('a', 5), {})).toEqual({ kind: 'unchanged' });
    await writer.write(hostKind, host('a', 5), { live: false });
    expect(written).toHaveLength(1);
  });
});

describe('a condition', () => {
  const ready: Condition = {
    type: 'Ready',
    status: 'False',
    reason: 'MemberSilent',
    message: 'Host a does not answer.',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const { lastTransitionTime: _, ...said } = ready;
  const later = '2026-01-02T00:00:00Z';

  test('that is new begins now', () => {
    expect(setCondition(undefined, said, later)).toEqual([{ ...ready, lastTransitionTime: later }]);
  });

  test('keeps its transition time while its status stays, though reason, message or generation change', () => {
    const next = { ...said, reason: 'NoFence', message: 'No proof.', observedGeneration: 2 };
    expect(setCondition([ready], next, later)).toEqual([{ ...ready, ...next }]);
  });

  test('takes the time when its status changes, in its place among the others', () => {
    const other = { ...ready, type: 'Armed' };
    const conditions = setCondition([ready, other], { ...said, status: 'True' }, later);
    expect(conditions).toEqual([{ ...ready, status: 'True', lastTransitionTime: later }, other]);
  });

  test('leaves the list that was given as it is', () => {
    const given = Object.freeze([Object.freeze({ ...ready })]);
    setCondition(given, { ...said, status: 'True' }, later);
    expect(given).toEqual([ready]);
  });
});

describe('comparing JSON', () => {
  test('agrees with comparing the text when keys are sorted', () => {
    const sorted = (value: unknown): string =>
      JSON.stringify(value, (_key, inner: unknown) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
          : inner,
      );
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (one, other) => {
        expect(sameJson(one, other)).toBe(sorted(one) === sorted(other));
        expect(sameJson(one, JSON.parse(JSON.stringify(one)))).toBe(true);
      }),
    );
  });

  test('tells a missing key from null, and an array from an object', () => {
    expect(sameJson({ a: null }, {})).toBe(false);
    expect(sameJson({ a: undefined }, {})).toBe(true);
    expect(sameJson([], {})).toBe(false);
    expect(sameJson({ 0: 'x' }, ['x'])).toBe(false);
  });
});
