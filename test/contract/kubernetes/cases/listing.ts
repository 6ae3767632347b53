import { expect } from 'vitest';
import { pool } from '../../../cluster/samples.ts';
import { type Case, refusal } from '../arena.ts';

/** Lists in pages, at a version, and of the past. */
export const listingCases: readonly Case[] = [
  {
    title: 'gives a long list in pages that fit together, with one version',
    run: async (at) => {
      await at.given(...['a', 'b', 'c', 'd', 'e'].map((name) => pool(name)));
      const seen: string[] = [];
      const versions = new Set<string>();
      let rest = '';
      do {
        const reply = await at.unrecorded.call('GET', `${at.path('pools')}?limit=2${rest}`);
        const page = reply.json as List;
        seen.push(...page.items.map((item) => item.metadata.name));
        versions.add(page.metadata.resourceVersion);
        const next = page.metadata.continue ?? '';
        expect(page.metadata.remainingItemCount).toBe(next === '' ? undefined : 5 - seen.length);
        rest = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      } while (rest !== '');
      expect([seen.length, new Set(seen)]).toEqual([5, new Set(['a', 'b', 'c', 'd', 'e'])]);
      expect(versions.size).toBe(1);
      expect(
        (await at.kubectl(['get', 'pool', '--chunk-size=2', '-o', 'name'])).stdout.split('\n'),
      ).toHaveLength(6);
    },
  },
  {
    title: 'shows in later pages the list as it was at the first',
    run: async (at) => {
      await at.given(pool('a'), pool('b'), pool('c'));
      const first = (await at.unrecorded.call('GET', `${at.path('pools')}?limit=1`)).json as List;
      const seen = first.items.map((item) => item.metadata.name);
      const gone = seen[0] === 'b' ? 'c' : 'b';
      await at.kubectl(['delete', 'pool', gone, '--wait=false']);
      await at.given(pool('bb'));
      const rest = `&continue=${encodeURIComponent(first.metadata.continue ?? '')}`;
      const second = (await at.unrecorded.call('GET', `${at.path('pools')}?limit=9${rest}`)).json as List;
      seen.push(...second.items.map((item) => item.metadata.name));
      expect([seen.length, new Set(seen)]).toEqual([3, new Set(['a', 'b', 'c'])]);
    },
  },
  {
    title: 'refuses a broken continue token',
    run: async (at) => {
      // A token is opaque, and so is what is wrong with it.
      const reply = await at.unrecorded.call('GET', `${at.path('pools')}?limit=2&continue=nonsense`);
      expect(refusal(reply)).toMatchObject({ code: 400, reason: 'BadRequest' });
    },
  },
  {
    title: 'refuses a resourceVersion that is no version, and a match without a version',
    run: async (at) => {
      const odd = await at.call('GET', `${at.path('pools')}?resourceVersion=abc`);
      expect(refusal(odd)).toMatchObject({ code: 400, reason: 'BadRequest' });
      const match = await at.call('GET', `${at.path('pools')}?resourceVersionMatch=Exact`);
      expect(refusal(match)).toMatchObject({
        code: 422,
        reason: 'Invalid',
        fields: ['resourceVersionMatch'],
      });
    },
  },
  {
    title: 'lists the past when asked for an exact version',
    run: async (at) => {
      await at.given(pool('a'));
      const before = (await at.unrecorded.call('GET', at.path('pools'))).json as List;
      await at.given(pool('b'));
      const version = before.metadata.resourceVersion;
      const path = `${at.path('pools')}?resourceVersion=${version}&resourceVersionMatch=Exact&limit=500`;
      const then = (await at.unrecorded.call('GET', path)).json as List;
      expect(then.items.map((item) => item.metadata.name)).toEqual(['a']);
      const atLeast = `${at.path('pools')}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`;
      const now = (await at.unrecorded.call('GET', atLeast)).json as List;
      expect(now.items.length).toBeGreaterThanOrEqual(1);
      const fromCache = await at.unrecorded.call('GET', `${at.path('pools')}?resourceVersion=0`);
      expect(fromCache.json).toMatchObject({ kind: 'PoolList' });
    },
  },
  {
    title: 'answers 410 to a list of a version that it no longer remembers',
    run: async (at) => {
      await at.given(pool('a'));
      await at.server.compact();
      const path = `${at.path('pools')}?resourceVersion=1&resourceVersionMatch=Exact&limit=500`;
      expect(refusal(await at.unrecorded.call('GET', path))).toMatchObject({ code: 410, reason: 'Expired' });
    },
  },
];

interface List {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}
