/** What is known of each protocol, and what becomes of a request that nobody has thought of. */
import { expect, test } from 'vitest';
import { type Asked, falseRepliesOf, type Protocol } from '../../src/simulation/protocols/protocol.ts';
import { changeOf, labelOf, protocolOf, protocols } from '../../src/simulation/protocols/protocols.ts';
import type { HttpReply } from '../../src/wire/http.ts';

const call = (method: string): Asked => ({
  method: 'POST',
  path: '/jsonrpc',
  body: JSON.stringify({ jsonrpc: '2.0', method, params: [], id: 7 }),
});
const asked = (method: string, path: string, body: object = {}): Asked => ({
  method,
  path,
  body: JSON.stringify(body),
});

const records = '/apis/kintsugi.dev/v1alpha1/namespaces/default/recoveryrequests/one/status';
const examples: readonly (readonly [Asked, string, ReturnType<Protocol['changes']>])[] = [
  [asked('GET', '/api/v1/secrets?watch=true'), 'Kubernetes', undefined],
  [asked('GET', records), 'Kubernetes', undefined],
  [asked('PUT', records), 'Kubernetes', 'record'],
  [asked('DELETE', '/apis/kintsugi.dev/v1alpha1/namespaces/default/pools/lab'), 'Kubernetes', 'write'],
  [asked('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'), 'Kubernetes', 'write'],
  [call('VM.get_all_records'), 'XAPI', undefined],
  [call('event.from'), 'XAPI', undefined],
  [call('VM.start_on'), 'XAPI', 'effect'],
  [call('Async.host.declare_dead'), 'XAPI', 'effect'],
  [call('host.get_loud_and_reboot.now'), 'XAPI', 'effect'],
  [call('VM.never_heard_of'), 'XAPI', 'effect'],
  [{ method: 'POST', path: '/jsonrpc', body: 'no call' }, 'XAPI', 'effect'],
  [asked('GET', '/redfish/v1/Systems/1'), 'Redfish', undefined],
  [asked('POST', '/redfish/v1/SessionService/Sessions'), 'Redfish', undefined],
  [asked('DELETE', '/redfish/v1/SessionService/Sessions/4'), 'Redfish', undefined],
  [asked('POST', '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset'), 'Redfish', 'effect'],
  [asked('PATCH', '/redfish/v1/Systems/1'), 'Redfish', 'effect'],
];

test.each(examples.map(([request, owner, change]) => ({ request, owner, change })))(
  '$request.method $request.path $request.body speaks $owner alone and changes: $change',
  ({ request, owner, change }) => {
    expect(protocols.filter(({ owns }) => owns(request)).map(({ name }) => name)).toEqual([owner]);
    expect(changeOf(request)).toBe(change);
  },
);

test('a request of no protocol is told in a sentence, and is called by its method and path all the same', () => {
  const request = asked('GET', '/rrd_updates?start=1');
  expect(() => protocolOf(request)).toThrow(
    'GET /rrd_updates belongs to none of the protocols Kubernetes, XAPI, Redfish: say in src/simulation/protocols what it changes',
  );
  expect(labelOf(request)).toBe('GET /rrd_updates');
});

test('the label of a call is its method, and of everything else method and path', () => {
  expect(labelOf(call('Async.VM.start_on'))).toBe('XAPI Async.VM.start_on');
  expect(labelOf(asked('PUT', `${records}?fieldManager=x`))).toBe(`PUT ${records}`);
});

const lies = examples
  .filter(([, , change]) => change !== undefined)
  .filter(([{ body }]) => body.startsWith('{'))
  .flatMap(([request]) => falseRepliesOf(protocolOf(request)).map((lie) => ({ request, lie })));

test.each(lies)(
  '$request.method $request.path: what $lie.name is an answer of that protocol',
  ({ request, lie }) => {
    const { status, body } = lie.reply(request);
    expect(failureIn(request, { status, headers: {}, body })).toBe(lie.name !== 'saysDone');
  },
);

test('each protocol can say that it failed, carried out all the same, and that it is done, though nobody was asked', () => {
  for (const protocol of protocols) {
    expect(falseRepliesOf(protocol).map(({ name, reaches }) => `${name} ${reaches}`)).toEqual(
      expect.arrayContaining(['saysFailed server', 'saysDone nobody']),
    );
  }
});

/** As a client of the protocol reads it. */
function failureIn(request: Asked, { status, body }: HttpReply): boolean {
  if (protocolOf(request).name !== 'XAPI') return status >= 400;
  const answer = JSON.parse(String(body)) as { readonly id: unknown; readonly error?: unknown };
  expect([status, answer.id]).toEqual([200, 7]);
  return answer.error !== undefined;
}
