/** What once went wrong, or was thought of beforehand, played as it was: each has a sentence for its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { History } from './history.ts';
import { play } from './play.ts';

interface Named {
  readonly name: string;
  readonly history: History;
}

const folder = fileURLToPath(new URL('histories/', import.meta.url));
const named = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .toSorted()
  .map((file) => JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as Named);

for (const { name, history } of named) {
  test(name, async () => {
    const { failures, world } = await play(history);
    expect(failures.map(({ sentence }) => sentence)).toEqual([]);
    expect(world.lab.verdict().violations).toEqual([]);
  });
}
