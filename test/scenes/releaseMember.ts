/** ReleaseMember: a member is cut off while its virtual machines go on writing, and its release is asked for. */
import type { RecoveryRequest } from '../../src/api/generated/types.ts';
import type { Ending } from '../sim/ending.ts';
import { small } from '../sim/smallWorld.ts';
import { namespace, type World } from '../sim/world.ts';
import type { Scene } from './scene.ts';

export const lostHost = 'host-3';
export const requestName = 'release-3';

const request: RecoveryRequest = {
  apiVersion: 'kintsugi.dev/v1alpha1',
  kind: 'RecoveryRequest',
  metadata: { name: requestName, namespace },
  spec: { target: { hostRef: { name: lostHost } }, procedure: 'ReleaseMember', mode: 'Execute' },
};

const reset = ['cutPower', 'POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset'] as const;
const declare = ['declareDead', 'XAPI Async.host.declare_dead'] as const;
const unlock = ['removeLock', 'XAPI VDI.remove_from_sm_config'] as const;
const start = ['start', 'XAPI Async.VM.start_on'] as const;

const ending: Ending = {
  phase: 'Succeeded',
  results: { 'app-01': 'Running', 'web-02': 'Running', 'scratch-01': 'NotRecoverable' },
  running: {
    'db-01': 1,
    'db-02': 1,
    'app-01': 1,
    'app-02': 1,
    'web-01': 1,
    'web-02': 1,
    'db-03': 1,
    'db-04': 1,
    'scratch-01': 0,
  },
  harm: [`declareDead ${lostHost}`, `forceOff ${lostHost}`, 'start app-01', 'start web-02'],
  repeats: [],
  violations: [],
};

export function cutOff(world: World): void {
  world.lab.steer.partition(lostHost, 'everyone', 'management');
}

export const asUsual: Scene = {
  name: 'a member is cut off',
  world: small,
  breaks: cutOff,
  request,
  failed: [lostHost],
  acts: [reset, declare, start, start],
  ending,
  mayRepeat: { acts: [], atMost: 0 },
};

const unlocked = [
  'lockRemoved 68dbf2bc-0429-4d8f-ab42-af4d463344d0 host_OpaqueRef:95e766a0-1240-4d52-b0ee-347cbddcd168',
  'lockRemoved 78ad9505-c157-4602-9eb8-5aea817b9331 host_OpaqueRef:95e766a0-1240-4d52-b0ee-347cbddcd168',
];

/** The hook that should unlock the disks never works, so that each lock has to be removed by itself. */
const locksByHand: Scene = {
  ...asUsual,
  name: 'a member is cut off, locks by hand',
  breaks: (world) => {
    world.lab.steer.addFault({ method: 'host.declare_dead', effect: { kind: 'hookFails' } });
    cutOff(world);
  },
  acts: [reset, declare, declare, unlock, unlock, start, start],
  ending: {
    ...ending,
    harm: [`declareDead ${lostHost}`, `forceOff ${lostHost}`, ...unlocked, 'start app-01', 'start web-02'],
    repeats: [`declareDead ${lostHost}`],
  },
  // Asking a pool again that has nothing left to release does nothing. Neither does removing a key once more of a host that
  // has no power, which is done when the first call takes longer than the act may run. How often either is asked is limited.
  mayRepeat: { acts: [`declareDead ${lostHost}`, ...unlocked], atMost: 1 },
};

export const releaseMemberScenes: readonly Scene[] = [asUsual, locksByHand];
