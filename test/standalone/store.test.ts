import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/standalone/storage/sqliteStore.ts';
import type { Change, Store } from '../../src/standalone/storage/store.ts';

function open(options: Partial<SqliteStoreOptions> = {}): Store {
  const store = openSqliteStore({ path: ':memory:', ...options });
  onTestFinished(() => store.close());
  return store;
}

const change = (type: Change['type'], name: string, text = ''): Change => ({
  type,
  key: { resource: 'r', namespace: 'n', name },
  render: (version) => JSON.stringify({ name, text, version }),
});
const texts = (found: ReturnType<Store['page']>): unknown =>
  found === 'expired' ? found : found.map(({ body }) => Object.values(JSON.parse(body)).slice(0, 2).join(''));
const page = (store: Store, at: number, after = ''): unknown =>
  texts(store.page({ resource: 'r', at, limit: 99, after: { namespace: '', name: after } }));

describe('the store', () => {
  it('shows the past: a page of an earlier version has what was there then, as it was then', () => {
    const store = open();
    store.commit([change('ADDED', 'a', '1'), change('ADDED', 'b', '1'), change('ADDED', 'c', '1')]);
    const then = store.version();
    store.commit([change('MODIFIED', 'a', '2')]);
    store.commit([change('DELETED', 'b', '2')]);
    store.commit([change('ADDED', 'bb', '1')]);
    store.commit([change('MODIFIED', 'a', '3')]);
    expect(page(store, then)).toEqual(['a1', 'b1', 'c1']);
    expect(page(store, store.version())).toEqual(['a3', 'bb1', 'c1']);
    expect(texts(store.page({ resource: 'r', namespace: 'other', at: then, limit: 9 }))).toEqual([]);
  });

  it('gives each entry of the log with what was there before', () => {
    const store = open();
    store.commit([change('ADDED', 'a', '1')]);
    store.commit([change('MODIFIED', 'a', '2')]);
    store.commit([change('DELETED', 'a', '2')]);
    const log = store.history({ resource: 'r', after: 1, limit: 9 });
    if (log === 'expired') throw new Error(log);
    expect(log.map(({ type, version, previous }) => [type, version, previous])).toEqual([
      ['MODIFIED', 2, '{"name":"a","text":"1","version":1}'],
      ['DELETED', 3, '{"name":"a","text":"2","version":2}'],
    ]);
    expect(store.history({ resource: 'other', after: 0, limit: 9 })).toEqual([]);
  });

  it.each([
    ['entries', { maxHistoryEntries: 10 }],
    ['bytes', { maxHistoryBytes: 10 * 2 * 40 }],
  ])('forgets the oldest of the log when it has too many %s, and says so to who asks for it', (_, bound) => {
    const store = open(bound);
    store.commit([change('ADDED', 'a')]);
    for (let round = 0; round < 100; round++) store.commit([change('MODIFIED', 'a', String(round))]);
    expect(store.compactedVersion()).toBeGreaterThan(80);
    expect(store.history({ resource: 'r', after: 1, limit: 9 })).toBe('expired');
    expect(page(store, 1)).toBe('expired');
    const rest = store.history({ resource: 'r', after: store.compactedVersion(), limit: 99 });
    expect(rest.length).toBe(store.version() - store.compactedVersion());
    expect(page(store, store.version())).toEqual(['a99']);
  });

  it('writes all changes of a commit or none', () => {
    const store = open();
    const broken: Change = {
      ...change('ADDED', 'b'),
      render: () => {
        throw new Error('a bug');
      },
    };
    expect(() => store.commit([change('ADDED', 'a'), broken])).toThrow('a bug');
    expect([store.version(), page(store, 0)]).toEqual([0, []]);
    expect(store.commit([change('ADDED', 'a')])).toMatchObject({ kind: 'written' });
  });

  it('wakes only those who wait for the resource', () => {
    const store = open();
    const woken: string[] = [];
    store.subscribe('r', () => woken.push('r'));
    store.subscribe('other', () => woken.push('other'));
    const cancel = store.subscribe('r', () => woken.push('cancelled'));
    cancel();
    store.commit([change('ADDED', 'a'), change('ADDED', 'b')]);
    expect(woken).toEqual(['r']);
  });
});
