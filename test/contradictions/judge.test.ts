/** The judge itself: what was wrong about it once. */
import { expect, test } from 'vitest';
import type { History } from './history.ts';
import { play } from './play.ts';

test('what a controller shows otherwise in the moment of the act could not be known when the act was sent', async () => {
  const history: History = {
    seed: 1,
    members: 3,
    virtualServers: 3,
    localVirtualServers: 0,
    slowMaster: true,
    version: '8.3',
    memberTimeoutSeconds: 60,
    machines: [],
    outsiders: [],
    hosts: [],
    servers: {},
    events: [
      { at: 20, do: 'cut', a: 'host-3', b: 'everyone', kind: 'management' },
      { at: 60, do: 'request', name: 'release', host: 'host-3', mode: 'Execute' },
      { at: 86, do: 'controller', host: 'host-3', is: ['saysAlwaysOff'] },
      { at: 103, do: 'shows', host: 'host-3', shows: { serial: '' } },
    ],
  };
  const { acts, failures } = await play(history);
  expect(acts.map(({ effect, judgement }) => [effect.kind, effect.target, judgement.kind])).toEqual([
    ['declareDead', 'host-3', 'explained'],
    ['start', 'app-01', 'explained'],
  ]);
  expect(failures).toEqual([]);
});
