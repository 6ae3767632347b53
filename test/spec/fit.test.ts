/** No record is ever refused for its size: every text and list from outside is cut to its bound, with a sign that it was. */
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutText, fitted } from '../../src/api/fit.ts';
import { crds } from '../../src/api/generated/crds.ts';
import type { Host, RecoveryRequest } from '../../src/api/generated/types.ts';
import { hostKind, recoveryRequestKind } from '../../src/api/kinds.ts';
import { journalOf } from '../../src/controllers/recovery/journal.ts';
import type { EntryRecord } from '../../src/controllers/recovery/memory.ts';

type Status = NonNullable<RecoveryRequest['status']>;

function mistakes(kind: string, status: object): readonly string[] {
  const crd = crds.find((one) => one.spec.names.kind === kind);
  const schema = crd?.spec.versions[0].schema.openAPIV3Schema as unknown as {
    readonly properties: { readonly status: object };
  };
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat('int64', true);
  const check = ajv.compile(schema.properties.status);
  check(status);
  return (check.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

function act(index: number, change: Partial<EntryRecord> = {}): EntryRecord {
  return {
    key: `removeLock disk-${index}`,
    attempt: 1,
    sinceMs: 0,
    outcome: 'Proven',
    reply: 'succeeded',
    says: undefined,
    step: 'See that every storage lock of the member is gone',
    act: 'removeLock',
    target: `disk-${index}`,
    epoch: 1,
    by: 'operator',
    atWallMs: index,
    endedWallMs: index,
    wave: index,
    ...change,
  };
}

describe('a text', () => {
  test('that fits is left alone, to the very object that it is in', () => {
    const status: Status = { items: [{ kind: 'VirtualMachine', id: 'u', name: 'app', state: 'Planned' }] };
    expect(fitted(recoveryRequestKind, status)).toBe(status);
  });

  test.each([
    ['of 300 letters', 'n'.repeat(300)],
    ['of 300 characters of another script', '仮想'.repeat(150)],
    ['of 300 characters beyond the first plane', '𠮷'.repeat(300)],
    ['with line breaks', `first\nsecond\r\n\tthird${'x'.repeat(300)}`],
    ['with half a character', `\ud842${'x'.repeat(300)}`],
  ])(
    '%s is taken by the API server, says that something is missing, and stays the same when it is cut again',
    (_what, name) => {
      const status: Status = {
        items: [{ kind: 'VirtualMachine', id: 'u', name, state: 'Planned', why: name.repeat(9) }],
      };
      const once = fitted(recoveryRequestKind, status);
      expect(mistakes('RecoveryRequest', once)).toEqual([]);
      const shown = once.items?.[0]?.name ?? '';
      expect(shown).toMatch(/… \(\d+ more characters\)$/);
      expect(shown).not.toMatch(/[\n\r\t]/);
      expect(JSON.parse(JSON.stringify(once))).toEqual(once);
      expect(fitted(recoveryRequestKind, once)).toEqual(once);
    },
  );

  test('is never longer than its bound, never broken within a character, and the same when it fits, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 1, max: 300 }),
        (text, most) => {
          const cut = cutText(text, most);
          expect([...cut].length).toBeLessThanOrEqual(most);
          expect(cut.isWellFormed()).toBe(true);
          expect(cutText(cut, most)).toBe(cut);
        },
      ),
    );
  });
});

test('a list that is too long ends with how many are missing', () => {
  const targets = Array.from({ length: 1005 }, (_, index) => `disk-${index}`);
  const status: Status = {
    journal: [{ step: 's', act: 'removeLock', epoch: 1, at: '2026-01-01T00:00:00Z', targets }],
  };
  const kept = fitted(recoveryRequestKind, status).journal?.[0]?.targets ?? [];
  expect(kept).toHaveLength(1000);
  expect(kept.at(-1)).toBe('and 6 more');
});

test('a condition whose sentence quotes what a device said at length is taken, for every kind', () => {
  const message = `It says: ${'z'.repeat(9000)}`;
  const conditions = [
    {
      type: 'Ready',
      status: 'False' as const,
      reason: 'R',
      message,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ];
  const host: NonNullable<Host['status']> = { conditions };
  expect(mistakes('Host', fitted(hostKind, host))).toEqual([]);
});

describe('the journal', () => {
  test.each([
    [
      '401 locks that were removed one after the other',
      Array.from({ length: 401 }, (_, index) => act(index)),
    ],
    [
      'five thousand of them, every second one with other words',
      Array.from({ length: 5000 }, (_, index) =>
        act(index, index % 2 === 0 ? {} : { outcome: 'NotDone', says: `code ${index}` }),
      ),
    ],
    [
      'a thousand tries under as many leaders',
      Array.from({ length: 1000 }, (_, index) =>
        act(index % 3, { epoch: index, wave: index, outcome: index % 2 === 0 ? 'NotDone' : 'NotSent' }),
      ),
    ],
  ])('of %s is taken by the API server and forgets nobody', (_what, acts) => {
    const journal = journalOf(acts);
    const status = fitted(recoveryRequestKind, { journal } as Status);
    expect(mistakes('RecoveryRequest', status)).toEqual([]);
    expect(status.journal?.flatMap((entry) => entry.targets ?? []).toSorted()).toEqual(
      acts.map((one) => one.target).toSorted(),
    );
    expect(Math.max(...journal.map((entry) => entry.epoch))).toBe(Math.max(...acts.map((one) => one.epoch)));
  });

  test('keeps what is under way by itself, whatever is merged around it', () => {
    const acts = [
      ...Array.from({ length: 500 }, (_, index) => act(index)),
      act(500, { outcome: 'Intended' }),
    ];
    expect(journalOf(acts).filter((entry) => entry.outcome === 'Intended')).toMatchObject([
      { targets: ['disk-500'] },
    ]);
  });
});
