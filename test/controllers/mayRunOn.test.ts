/** How long a VirtualServer remembers that its machine may run elsewhere than the pool has it. */
import { describe, expect, test } from 'vitest';
import type { RecoveryRequest, VirtualServer } from '../../src/api/generated/types.ts';
import { type MayRunOnView, mayRunOnNow } from '../../src/controllers/mayRunOn.ts';
import { known } from '../../src/domain/kernel/reading.ts';
import type { MemberAnswer } from '../../src/domain/xapi/pool.ts';
import { hostUUID, machine, vmUUID } from '../spec/facts.ts';

const [source, target, third] = [hostUUID(3), hostUUID(2), hostUUID(4)];
const halted = machine('web', { powerState: 'Halted', residentOn: undefined });
const on = (residentOn: string) => machine('web', { powerState: 'Running', residentOn });

function view(change: Partial<MayRunOnView>, status: VirtualServer['status'] = {}): MayRunOnView {
  const spec = { poolRef: { name: 'lab' }, vmUUID: vmUUID('web') };
  const server = { metadata: { name: 'web' }, spec, status } as VirtualServer;
  return {
    server,
    machine: halted,
    members: answering({ kind: 'member', ofAddress: '' }),
    requests: [],
    ...change,
  };
}

function answering(answer: MemberAnswer): MayRunOnView['members'] {
  return { answer: () => known(answer, 0, 'asked') };
}

/** One that acted on the source and found the machine on the target. */
function found(uid: string, onlyOn = target): RecoveryRequest {
  return {
    metadata: { name: uid, uid, creationTimestamp: `2026-01-01T00:00:0${uid}Z` },
    status: {
      target: { hostUUID: source },
      journal: [{ outcome: 'Proven' }],
      items: [{ kind: 'VirtualMachine', id: vmUUID('web'), name: 'web', state: 'Failed', onlyOn }],
    },
  } as unknown as RecoveryRequest;
}

const silent = answering({ kind: 'silent', says: '' });

describe('it remembers', () => {
  test('where a move leads, as long as the record shows it', () => {
    const moving = { ...on(source), scheduledOn: target };
    expect(mayRunOnNow(view({ machine: moving }))).toEqual({ mayRunOn: target });
  });

  test('the move when the pool has the machine halted, for somebody may have declared its host dead by hand', () => {
    expect(mayRunOnNow(view({}, { mayRunOn: target }))).toEqual({ mayRunOn: target });
  });

  test('the move while the host on which the pool has it does not answer', () => {
    const lost = on(source);
    expect(mayRunOnNow(view({ machine: lost, members: silent }, { mayRunOn: target }))).toEqual({
      mayRunOn: target,
    });
  });

  test('the host that was lost in the middle of its start, and not one that is starting it', () => {
    const begun = { ...halted, residentOn: target };
    expect(mayRunOnNow(view({ machine: begun }))).toEqual({ mayRunOn: target });
    const starting = { ...begun, currentOperations: ['start_on'] };
    expect(mayRunOnNow(view({ machine: starting }))).toEqual({});
    expect(mayRunOnNow(view({ machine: begun }, { lastHostUUID: target }))).toEqual({});
  });

  test('the move while the pool cannot be asked', () => {
    const blind = view({ machine: undefined, members: undefined }, { mayRunOn: target });
    expect(mayRunOnNow(blind)).toEqual({ mayRunOn: target });
  });

  test('what the newest request found', () => {
    expect(mayRunOnNow(view({ requests: [found('2', third), found('1')] }))).toEqual({ mayRunOn: third });
  });

  test('nothing that a request only planned', () => {
    const planned = { ...found('1'), status: { ...found('1').status, journal: [] } } as RecoveryRequest;
    expect(mayRunOnNow(view({ requests: [planned] }))).toEqual({});
  });
});

describe('it forgets', () => {
  test('a move that has come to its end on a host that answers', () => {
    expect(mayRunOnNow(view({ machine: on(target) }, { mayRunOn: target }))).toEqual({});
  });

  test('for good what a request found before the machine was seen to run', () => {
    const requests = [found('1')];
    const runs = mayRunOnNow(view({ machine: on(third), requests }, { mayRunOn: target }));
    expect(runs).toEqual({ settledRequests: ['1'] });
    expect(mayRunOnNow(view({ requests }, runs))).toEqual({ settledRequests: ['1'] });
    expect(mayRunOnNow(view({ requests: [...requests, found('2')] }, runs))).toMatchObject({
      mayRunOn: target,
    });
  });

  test('a request that was deleted', () => {
    expect(mayRunOnNow(view({}, { settledRequests: ['1'] }))).toEqual({});
  });

  test('nothing of a request about the host on which the pool still has the machine', () => {
    const requests = [found('1')];
    expect(mayRunOnNow(view({ machine: on(source), requests }))).toEqual({});
    expect(mayRunOnNow(view({ requests }))).toEqual({ mayRunOn: target });
  });
});
