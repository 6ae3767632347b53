/**
 * What people may have written wrongly: a condition names it, in words that say what to correct, and nothing is done for a
 * request that rests on it.
 */
import { describe, expect, test } from 'vitest';
import { poolKind } from '../../src/api/kinds.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import { lostHost, requestName, smallWorld } from './release.ts';
import { harm, look, lose } from './stage.ts';
import { namespace, type World } from './world.ts';

type Edit = (object: KubernetesObject) => KubernetesObject;

/** An edit of one object of the manifests: its spec, or the data of a Secret, merged over one level. */
function editing(kind: string, name: string, change: (spec: Record<string, unknown>) => object): Edit {
  return (object) => {
    if (object.kind !== kind || object.metadata.name !== name) return object;
    const field = kind === 'Secret' ? 'stringData' : 'spec';
    const before = (object as unknown as Record<string, Record<string, unknown>>)[field] ?? {};
    return { ...object, [field]: { ...before, ...change(before) } };
  };
}

async function worldWith(edit: Edit): Promise<World> {
  const world = smallWorld({ edit });
  world.startOperator();
  await world.apply();
  await world.pass(2 * 60_000);
  return world;
}

interface Conditioned extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message: string }[] };
}

/** Every condition of the Pool and of the lost Host that is not as it should be, in one text. */
async function complaints(world: World): Promise<string> {
  const lines: string[] = [];
  await world.run(async () => {
    const pool = await world.api.read<Conditioned>(poolKind, { namespace, name: 'lab' });
    const host = (await world.host(lostHost)) as Conditioned | undefined;
    for (const object of [pool, host]) {
      for (const { type, status, message } of object?.status?.conditions ?? []) {
        if (status !== (type === 'Suspected' ? 'False' : 'True'))
          lines.push(`${object?.kind} ${type}: ${message}`);
      }
    }
  });
  return lines.join('\n');
}

const otherUUID = '11111111-2222-4333-8444-555555555555';
const otherFingerprint = Array.from({ length: 32 }, () => 'AB').join(':');

describe.each<[string, Edit, RegExp]>([
  [
    'the UUID of another pool',
    editing('Pool', 'lab', ({ hypervisor }) => {
      const { xapi } = hypervisor as { xapi: object };
      return { hypervisor: { xapi: { ...xapi, poolUUID: otherUUID } } };
    }),
    new RegExp(`but the pinned pool is ${otherUUID}: correct the address, or the pool UUID`),
  ],
  [
    'a wrong password',
    editing('Secret', 'lab-xapi', () => ({ password: 'wrong' })),
    /refuses the user name or the password of root: correct its Secret/,
  ],
  [
    'a Secret without a password',
    (object) => {
      if (object.metadata.name !== 'lab-xapi') return object;
      return { ...object, stringData: { username: 'root' } } as KubernetesObject;
    },
    /Secret lab-xapi in namespace default lacks the key password\. Add it/,
  ],
  [
    "the fingerprint of another certificate as the master's",
    editing('Host', 'host-1', () => ({ tls: { sha256Fingerprint: otherFingerprint } })),
    /certificate/,
  ],
  [
    'the UUID of a host that the pool does not know',
    editing('Host', lostHost, () => ({ hostUUID: otherUUID })),
    new RegExp(`The pool knows no host ${otherUUID}`),
  ],
  [
    "another serial than the machine's",
    editing('Host', lostHost, () => ({ serial: 'OTHER1' })),
    /The pool read the serial KT\w+ from host-3, and the Host host-3 is declared with OTHER1\. Correct the Host/,
  ],
  [
    'a wrong password for the power controller',
    editing('Secret', 'lab-bmc-3', () => ({ password: 'wrong' })),
    /password|user name|401|authoriz/i,
  ],
  [
    'a password of the pool that ends in a line break',
    editing('Secret', 'lab-xapi', ({ password }) => ({ password: `${password}\n` })),
    /The password in Secret lab-xapi in namespace default ends in a line break.* printf/,
  ],
  [
    'a user name for the power controller that ends in a line break',
    editing('Secret', 'lab-bmc-3', ({ username }) => ({ username: `${username}\r\n` })),
    /The user name in Secret lab-bmc-3 in namespace default ends in a line break/,
  ],
  [
    'the fingerprint of another power controller',
    editing('Host', lostHost, ({ power }) => {
      const [{ redfish }] = power as [{ redfish: object }];
      return { power: [{ redfish: { ...redfish, tls: { sha256Fingerprint: otherFingerprint } } }] };
    }),
    /certificate/,
  ],
])('%s', (_name, edit, sentence) => {
  test('is named by a condition', async () => {
    expect(await complaints(await worldWith(edit))).toMatch(sentence);
  });

  test('lets nothing be done', async () => {
    const world = await worldWith(edit);
    await lose(world);
    await world.pass(10 * 60_000);
    expect(harm(world)).toEqual([]);
    const scene = await look(world, requestName);
    expect(scene.phase).toMatch(/Pending|Waiting|Refused/);
    expect(scene.says).toMatch(/\w{3} .*\w\.?$/);
  });
});

test('a request for a Host that does not exist says which one', async () => {
  const world = smallWorld();
  world.startOperator();
  await world.applyAndSettle();
  await world.request(requestName, 'host-33');
  await world.pass(60_000);
  expect((await look(world)).says).toMatch(/There is no Host host-33 in this namespace/);
  expect(harm(world)).toEqual([]);
});
