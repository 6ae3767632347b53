/** What people declare while the pool is being watched: members that come, go and are reached in another way. */
import { expect, test } from 'vitest';
import { hostKind, virtualServerKind } from '../../src/api/kinds.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import { namespace, settled } from './stage.ts';
import type { World } from './world.ts';

/** A settled world, and the logins at the pool master since then: each is a session that was opened anew. */
async function watched(): Promise<{ readonly world: World; readonly logins: string[] }> {
  const logins: string[] = [];
  const world = await settled({
    interpose: (request) => {
      if (request.from === 'operator' && request.label === 'XAPI session.login_with_password') {
        logins.push(request.to);
      }
      return 'deliver';
    },
  });
  const master = world.lab.document.members[0]?.address;
  const all = logins.splice(0);
  expect(all.some((to) => to.includes(`//${master}:`))).toBe(true);
  return {
    world,
    get logins() {
      return logins.filter((to) => to.includes(`//${master}:`));
    },
  };
}

async function declareAgain(world: World, name: string, change: object): Promise<void> {
  let before: KubernetesObject | undefined;
  await world.run(async () => {
    before = await world.api.read<KubernetesObject>(hostKind, { namespace, name });
  });
  await world.remove('Host', name);
  await world.pass(5_000);
  const { apiVersion, kind, spec } = before as KubernetesObject & { readonly spec: object };
  await world.run(() =>
    world.create({ apiVersion, kind, metadata: { name, namespace }, spec: { ...spec, ...change } } as never),
  );
}

function warnings(world: World): readonly string[] {
  return world.logLines.filter((line) => / (?:warn|error) /.test(line));
}

test('a Host that is applied leaves the session of the pool open, without a warning', async () => {
  const scene = await watched();
  const before = warnings(scene.world).length;
  await declareAgain(scene.world, 'host-2', {});
  await scene.world.pass(60_000);
  expect(scene.logins).toEqual([]);
  expect(warnings(scene.world).slice(before)).toEqual([]);
  const reached = await scene.world.until(async () => {
    const host = await scene.world.host('host-2');
    return host?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  }, 60_000);
  expect(reached).toBe(true);
});

test('the first apply of a pool opens one session, however many Hosts come one after the other', async () => {
  const followed = (await watched()).world.logLines.filter((line) =>
    line.includes('the pool master is followed'),
  );
  expect(followed.length).toBe(1);
});

test('a master that is reached in another way gets a new session, without a warning and without a wait', async () => {
  const scene = await watched();
  const before = warnings(scene.world).length;
  const fingerprint = scene.world.lab.document.members[0]?.fingerprint ?? '';
  await scene.world.patch('Host', 'host-1', {
    spec: { tls: { sha256Fingerprint: fingerprint.replaceAll(':', '').toLowerCase() } },
  });
  await scene.world.pass(10_000);
  expect(scene.logins.length).toBe(1);
  expect(warnings(scene.world).slice(before)).toEqual([]);
});

test('the silence of a member is not forgotten when another Host is applied', async () => {
  const { world } = await watched();
  world.lab.steer.partition('host-3', 'everyone', 'management');
  await world.until(async () => (await world.host('host-3'))?.status?.silentSince !== undefined, 120_000);
  const since = async (): Promise<string | undefined> => {
    let silentSince: string | undefined;
    await world.run(async () => {
      silentSince = (await world.host('host-3'))?.status?.silentSince;
    });
    return silentSince;
  };
  const before = await since();
  await declareAgain(world, 'host-2', {});
  await world.pass(30_000);
  expect(before).toMatch(/^\d{4}-/);
  expect(await since()).toBe(before);
});

test('a virtual machine that two VirtualServers claim is shown as such on both, and on neither when one is gone', async () => {
  const { world } = await watched();
  let claimed: KubernetesObject | undefined;
  await world.run(async () => {
    claimed = (await world.api.list<KubernetesObject>(virtualServerKind, namespace))[0];
  });
  const { apiVersion, kind, spec, metadata } = claimed as KubernetesObject & { readonly spec: object };
  await world.run(() =>
    world.create({ apiVersion, kind, metadata: { name: 'a-copy', namespace }, spec } as never),
  );
  await world.pass(5_000);
  expect(await readyOf(world, metadata.name)).toMatchObject({
    reason: 'ClaimedTwice',
    message: expect.stringContaining('a-copy'),
  });
  expect(await readyOf(world, 'a-copy')).toMatchObject({ reason: 'ClaimedTwice' });
  await world.remove('VirtualServer', 'a-copy');
  await world.pass(5_000);
  expect(await readyOf(world, metadata.name)).toMatchObject({ status: 'True' });
});

test('a Host whose Secret is not there yet takes nothing from the others, says so, and is asked when it is there', async () => {
  const scene = await watched();
  const { world } = scene;
  const before = warnings(world).length;
  await declareAgain(world, 'host-2', { credentialsSecretRef: { name: 'not-yet' } });
  await world.pass(60_000);
  expect(scene.logins).toEqual([]);
  expect(warnings(world).slice(before)).toEqual([]);
  const readyMessage = async (): Promise<string> => {
    const conditions = (await world.host('host-2'))?.status?.conditions;
    return conditions?.find((one) => one.type === 'Ready')?.message ?? '';
  };
  expect(
    await world.until(async () => (await readyMessage()).includes('There is no Secret not-yet'), 10_000),
  ).toBe(true);
  const { user: username, password } = world.lab.document.members[1]!;
  await world.run(() =>
    world.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'not-yet', namespace },
      stringData: { username, password },
    } as never),
  );
  expect(
    await world.until(async () => {
      const conditions = (await world.host('host-2'))?.status?.conditions;
      return conditions?.some((one) => one.type === 'Reachable' && one.status === 'True') === true;
    }, 120_000),
  ).toBe(true);
});

async function readyOf(world: World, name: string): Promise<unknown> {
  type WithConditions = KubernetesObject & {
    readonly status?: { readonly conditions?: readonly { readonly type: string }[] };
  };
  let ready: unknown;
  await world.run(async () => {
    const server = await world.api.read<WithConditions>(virtualServerKind, { namespace, name });
    ready = server?.status?.conditions?.find((one) => one.type === 'Ready');
  });
  return ready;
}
