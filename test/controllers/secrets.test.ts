import { expect, test } from 'vitest';
import { secretKind } from '../../src/api/kinds.ts';
import { createAccounts, settledAccountMs, troubledAccountMs } from '../../src/controllers/secrets.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type KubernetesApi, KubernetesError, type KubernetesObject } from '../../src/ports/kubernetes.ts';

const at = { namespace: 'default', name: 'lab-xapi' };

function secret(password: string): KubernetesObject & { readonly data: Readonly<Record<string, string>> } {
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: at,
    data: { username: encoded('root'), password: encoded(password) },
  };
}

function scene() {
  let nowMs = 0;
  let answer: () => unknown = () => secret('old');
  const clock: Clock = { wallMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} };
  const read = async (kind: unknown): Promise<unknown> => {
    expect(kind).toBe(secretKind);
    return answer();
  };
  const accounts = createAccounts({ api: { read } as unknown as KubernetesApi, clock });
  return {
    accounts,
    later: (ms: number) => {
      nowMs += ms;
    },
    answers: (next: () => unknown) => {
      answer = next;
    },
  };
}

test('a password that was corrected while its pool could not be read counts within half a minute', async () => {
  const { accounts, later, answers } = scene();
  expect(await accounts.read(at, troubledAccountMs)).toEqual({ userName: 'root', password: 'old' });
  answers(() => secret('new'));
  later(troubledAccountMs - 1);
  expect(await accounts.read(at, troubledAccountMs)).toMatchObject({ password: 'old' });
  later(1);
  expect(await accounts.read(at, troubledAccountMs)).toMatchObject({ password: 'new' });
});

test('an API server that cannot be asked takes no pool away: what was read before still counts', async () => {
  const { accounts, later, answers } = scene();
  await accounts.read(at, settledAccountMs);
  answers(() => {
    throw new KubernetesError('no answer', { reason: 'deadline', mayHaveArrived: true });
  });
  later(settledAccountMs + 1);
  expect(await accounts.read(at, settledAccountMs)).toMatchObject({ password: 'old' });
});

test.each([
  ['is not there', () => undefined, 'There is no Secret lab-xapi in namespace default.'],
  ['lacks a key', () => ({ ...secret('x'), data: { username: 'cm9vdA==' } }), 'lacks the key password'],
  [
    'may not be read',
    () => {
      throw new KubernetesError('no', { status: 403, reason: 'Forbidden', mayHaveArrived: false });
    },
    'The operator may not read Secret lab-xapi',
  ],
])('a Secret that %s is named in a sentence that says what to do', async (_, answer, sentence) => {
  const { accounts, answers } = scene();
  answers(answer);
  expect(await accounts.read(at, settledAccountMs)).toEqual({ because: expect.stringContaining(sentence) });
});

test.each([
  [
    'ends in a line break',
    'hunter2\n',
    /The password in Secret lab-xapi .* ends in a line break.*--from-literal/,
  ],
  ['ends in a line break of Windows', 'hunter2\r\n', /ends in a line break/],
  ['is two lines', 'one\ntwo', /contains a line break or another control character/],
  ['has a tabulator', 'one\ttwo', /control character/],
  ['is empty', '', /is empty/],
])('a password that %s is not used, and the sentence says so without it', async (_, password, sentence) => {
  const { accounts, answers } = scene();
  answers(() => secret(password));
  const read = await accounts.read(at, troubledAccountMs);
  if (!('because' in read)) throw new Error('it was taken');
  expect(read.because).toMatch(sentence);
  if (password !== '') expect(read.because).not.toContain(password.trim());
});

test.each(['with space ', 'pässwörd', '"quoted"', '%20:$'])(
  'a password such as %s is used as it is',
  async (password) => {
    const { accounts, answers } = scene();
    answers(() => secret(password));
    expect(await accounts.read(at, troubledAccountMs)).toEqual({ userName: 'root', password });
  },
);
