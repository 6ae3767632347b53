/** What comes of each scene when nothing goes wrong beside what it breaks. */
import { beforeAll, describe, expect, test } from 'vitest';
import { scenes } from '../scenes/scenes.ts';
import { effectsOf } from './faultedRun.ts';
import { type CleanRun, cleanRun } from './points.ts';

describe.each(scenes)('$name', (scene) => {
  let run: CleanRun;
  beforeAll(async () => {
    run = await cleanRun(scene);
  });

  test('ends as is right', () => {
    expect(run.ending).toEqual(scene.ending);
  });

  test('each act is in the journal, in its order, and asked for by one request', () => {
    const { acts, points } = run;
    expect(acts).toEqual(scene.acts.map(([kind]) => kind));
    expect(effectsOf(points).map(({ label }) => label)).toEqual(scene.acts.map(([, sent]) => sent));
  });

  test('a record is written before each wave of acts, and not all the time', () => {
    const { points } = run;
    const records = points.filter((point) => point.kind === 'record');
    expect(records.length).toBeGreaterThan(effectsOf(points).length);
    expect(records.length).toBeLessThan(30);
  });
});
