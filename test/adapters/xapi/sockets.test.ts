import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../../src/adapters/clock/systemClock.ts';
import { createSocketNetwork } from '../../../src/adapters/network/sockets.ts';
import { createXapi } from '../../../src/adapters/xapi/poolLink.ts';
import { type ServedLab, serveLab } from '../../../src/lab/sockets.ts';
import type { PoolAccess, PoolLink } from '../../../src/ports/hypervisor.ts';
import { freely } from './freely.ts';
import { accessOf } from './labLink.ts';

/** The same adapter over real TLS, on the lab's members behind sockets of their own. */
let served: ServedLab;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const openPool = createXapi({
  network: createSocketNetwork(),
  clock: systemClock,
  random: systemRandom,
  log: silent,
});

beforeAll(async () => {
  served = await serveLab({
    seed: 1,
    members: 3,
    virtualServers: 6,
    localVirtualServers: 0,
    version: '8.3',
    clock: systemClock,
    random: systemRandom,
    speed: 20,
  });
});
afterAll(() => served.close());

async function withLink(
  change: (access: PoolAccess) => PoolAccess,
  use: (link: PoolLink) => Promise<void>,
): Promise<void> {
  const link = openPool(change(accessOf(served.lab)));
  try {
    await use(link);
  } finally {
    link.close();
  }
}

/** Waits for the next change of the belief until the condition holds; the test's own limit is the only one. */
function until(link: PoolLink, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!condition()) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = link.subscribe(look);
    look();
  });
}

function whyUnknown(link: PoolLink): string {
  const reading = link.belief();
  return reading.kind === 'unknown' ? reading.because : '';
}

test('trusts no member under another certificate than the pinned one, and sends it nothing', async () => {
  const swapped = (access: PoolAccess): PoolAccess => ({
    ...access,
    members: access.members.map((member) => ({ ...member, sha256Fingerprint: 'ab'.repeat(32) })),
  });
  await withLink(swapped, async (link) => {
    const [member] = served.lab.document.members;
    expect(await link.askMember(member!.hostUUID, 10_000)).toMatchObject({ value: { kind: 'impostor' } });
    await until(link, () => whyUnknown(link).includes('expected was'));
  });
});

test('a fingerprint that is none makes an unknown with a sentence, not a crash', async () => {
  const broken = (access: PoolAccess): PoolAccess => ({
    ...access,
    members: access.members.map((member) => ({ ...member, sha256Fingerprint: 'nonsense' })),
  });
  await withLink(broken, async (link) => {
    await until(link, () => whyUnknown(link).includes('not a SHA-256 fingerprint'));
  });
});

test('releases a dead member over real TLS', async () => {
  await withLink(
    (access) => access,
    async (link) => {
      const { lab } = served;
      const uuidOf = (name: string) => lab.document.members.find((each) => each.name === name)!.hostUUID;
      await until(link, () => link.belief().kind === 'known');
      lab.steer.cutPower('host-2');
      await served.settled();
      expect(await link.askMember(uuidOf('host-2'), 1_000)).toMatchObject({ value: { kind: 'silent' } });
      expect(await link.acts.declareDead({ hostUUID: uuidOf('host-2') }, 60_000, freely)).toEqual({
        kind: 'succeeded',
      });
      const machine = lab.document.virtualMachines.find(({ hostName }) => hostName === 'host-2')!;
      expect(
        await link.acts.start({ vmUUID: machine.uuid, hostUUID: uuidOf('host-3') }, 60_000, freely),
      ).toEqual({
        kind: 'succeeded',
      });
      const reading = await link.refresh(10_000);
      if (reading.kind === 'unknown') throw new Error(reading.because);
      expect(reading.value.virtualMachines.get(machine.uuid)).toMatchObject({
        powerState: 'Running',
        residentOn: uuidOf('host-3'),
      });
      expect(lab.verdict().violations).toEqual([]);
    },
  );
});
