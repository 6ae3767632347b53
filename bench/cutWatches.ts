/** What a cache lags behind when nothing between it and the API server lets a watch live; counted under virtual time. */
import { lagsBehindCutWatches } from '../test/adapters/kubernetes/cutWatches.ts';
import type { Figure } from './figure.ts';

const minutes = 10;

export async function cutWatchFigure(): Promise<readonly Figure[]> {
  const lags = await lagsBehindCutWatches(minutes);
  const lastMinute = lags.slice(-Math.floor(lags.length / minutes));
  return [
    {
      name: 'watch cut every 5 s with changes going on: lag at the end',
      value: Math.max(...lastMinute) / 1000,
      unit: 's',
      bar: 0.5,
    },
  ];
}
