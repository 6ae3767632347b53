/** Carries out what happens in a history. */
import type { Host } from '../../src/api/generated/types.ts';
import { hostKind } from '../../src/api/kinds.ts';
import { releaseRequest } from '../../src/lab/manifests.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import type { Fault } from '../../src/simulation/faults.ts';
import { namespace } from '../sim/world.ts';
import type { Deed, Strike } from './history.ts';
import type { Staged } from './play.ts';

export async function carryOut(deed: Deed, stage: Staged): Promise<void> {
  if (!steered(deed, stage)) await byPerson(deed, stage);
  stage.observer.noteDeed(deed);
  stage.observer.look();
}

/** What happens at once, without a request of anybody. What cannot happen there and then does not. */
function steered(deed: Deed, stage: Staged): boolean {
  return machineSteered(deed, stage) || worldSteered(deed, stage);
}

/** Virtual machines on their way, media, storage: the lab says so when one is not where it would have to be. */
function machineSteered(deed: Deed, { world }: Staged): boolean {
  const { steer, document } = world.lab;
  const name = 'index' in deed ? document.virtualMachines[deed.index]?.name : undefined;
  const attempt = (act: () => void): true => {
    try {
      act();
    } catch (error) {
      world.simulation.note(`cannot happen: ${String(error)}`);
    }
    return true;
  };
  switch (deed.do) {
    case 'migrate':
      return attempt(() => steer.migrate(name ?? '', deed.to, { stopsWhen: deed.stopsWhen }));
    case 'endMigration':
      return attempt(() => steer.endMigration(name ?? '', deed.how));
    case 'media': {
      const { from } = deed;
      return attempt(() =>
        from === 'ejected' ? steer.ejectMedia(name ?? '') : steer.insertMedia(name ?? '', from),
      );
    }
    case 'unplugStorage':
      return attempt(() => steer.unplugStorage(deed.storage, deed.host));
    case 'secondMaster':
      return attempt(() => steer.secondMaster(deed.host, deed.is));
    case 'statistics':
      return attempt(() => steer.statisticsDaemon(deed.host, deed.state));
    default:
      return false;
  }
}

function worldSteered(deed: Deed, stage: Staged): boolean {
  const { steer } = stage.world.lab;
  switch (deed.do) {
    case 'cut':
      steer.partition(deed.a, deed.b, deed.kind);
      return true;
    case 'mend':
      steer.mend(deed.a, deed.b, deed.kind);
      return true;
    case 'heal':
      steer.heal();
      return true;
    case 'unplug':
      steer.cutPower(deed.machine);
      return true;
    case 'plug':
      steer.restorePower(deed.machine);
      return true;
    case 'press':
      steer.pressPowerButton(deed.machine);
      return true;
    case 'controller':
      steer.setBmc(deed.host, ...deed.is);
      return true;
    case 'cable':
      steer.cable(deed.host, deed.to);
      return true;
    case 'shows':
      steer.showOnBmc(deed.host, deed.shows);
      return true;
    case 'toolstack':
      if (deed.is === 'crash') steer.crashToolstack(deed.host);
      else steer.restartToolstack(deed.host);
      return true;
    case 'clock':
      if (deed.of === 'operator') stage.world.jumpWallClock(deed.bySeconds * 1000);
      else steer.jumpClock(deed.of, deed.bySeconds * 1000);
      return true;
    case 'operator':
      if (deed.is === 'killed') stage.killOperator();
      else stage.reviveOperator();
      return true;
    case 'fault':
      steer.addFault(deed.fault);
      return true;
    case 'clearFaults':
      steer.clearFaults();
      return true;
    case 'pool':
      if (deed.is !== 'highAvailability' && deed.is !== 'noHighAvailability') return false;
      steer.setHighAvailability(deed.is === 'highAvailability' ? 'on' : 'off');
      return true;
    default:
      return false;
  }
}

async function byPerson(deed: Deed, stage: Staged): Promise<void> {
  const { world } = stage;
  const member = (host: string) => world.lab.document.members.find((each) => each.name === host);
  switch (deed.do) {
    case 'request': {
      if (stage.observer.requests.has(deed.name)) return;
      await create(
        stage,
        releaseRequest({ namespace, name: deed.name, hostName: deed.host, mode: deed.mode }),
      );
      return;
    }
    case 'deleteRequest':
      await world.remove('RecoveryRequest', deed.name);
      return;
    case 'cancel':
      await world.patch('RecoveryRequest', deed.name, { spec: { cancel: true } });
      return;
    case 'word': {
      const request = stage.observer.requests.get(deed.request);
      if (request === undefined) return;
      const attestations = [...givenIn(stage, deed.request), attestationOf(deed, stage)];
      const refused = await world.patch('RecoveryRequest', deed.request, { spec: { attestations } });
      if (refused === undefined) words(stage).set(deed.request, attestations);
      return;
    }
    case 'declareServer': {
      const machine = world.lab.document.virtualMachines[deed.index];
      if (machine !== undefined)
        await world.patch('VirtualServer', machine.name, { spec: { powerState: deed.is } });
      return;
    }
    case 'declareHost':
      await world.patch('Host', deed.host, { spec: { state: deed.is } });
      return;
    case 'declareSerial':
      await world.patch('Host', deed.host, { spec: { serial: deed.serial } });
      return;
    case 'checked':
      await checkController(deed.host, stage);
      return;
    case 'removeHost':
      await world.remove('Host', deed.host);
      return;
    case 'addHost': {
      const host = stage.manifests.get(`Host ${deed.host}`) as Host | undefined;
      const there = await existing(stage, deed.host);
      if (host !== undefined && !there) await create(stage, host as KubernetesObject);
      return;
    }
    case 'pool':
      await world.patch('Pool', 'lab', {
        spec: { paused: deed.is === 'paused' ? [{ reason: 'work' }] : [] },
      });
      return;
    case 'byHand': {
      const ref = member(deed.host)?.hostRef;
      if (ref !== undefined) await handWork(deed.call, ref, stage);
      return;
    }
  }
}

async function checkController(name: string, stage: Staged): Promise<void> {
  const { world } = stage;
  let power: Host['spec']['power'];
  await world.run(async () => {
    const host = (await world.api.read(hostKind, { namespace, name })) as Host | undefined;
    power = host?.spec.power;
  });
  const checkedAt = new Date(world.lab.wallMs()).toISOString();
  const dated = (power ?? []).map((rung) =>
    rung.redfish === undefined ? rung : { redfish: { ...rung.redfish, checkedAt } },
  );
  if (dated.length > 0) await world.patch('Host', name, { spec: { power: dated } });
}

/** Somebody at the console, who is refused like everybody else. */
async function handWork(
  call: 'declareDead' | 'resetPowerState' | 'shutDown',
  hostRef: string,
  { world }: Staged,
): Promise<void> {
  const ask = (method: string, params: readonly unknown[]): void => {
    world.lab.callAs('person', world.lab.status().master, method, params).catch(() => {});
  };
  if (call === 'declareDead') ask('host.declare_dead', [hostRef]);
  else {
    const residents = new Set<string>();
    await world.lab
      .callAs('person', world.lab.status().master, 'host.get_record', [hostRef])
      .then((record) => {
        for (const vm of (record as { resident_VMs: string[] }).resident_VMs) residents.add(vm);
      })
      .catch(() => {});
    const [first] = [...residents].slice(1);
    if (first !== undefined) ask(call === 'shutDown' ? 'VM.hard_shutdown' : 'VM.power_state_reset', [first]);
  }
}

async function create(stage: Staged, object: KubernetesObject): Promise<void> {
  await stage.world.run(async () => {
    // A refusal is part of the history: the name is taken, or the server does not admit it.
    await stage.world.create(object).catch(() => {});
  });
}

async function existing({ world }: Staged, host: string): Promise<boolean> {
  let there = false;
  await world.run(async () => {
    there = (await world.api.read(hostKind, { namespace, name: host })) !== undefined;
  });
  return there;
}

const given = new WeakMap<Staged, Map<string, object[]>>();

function words(stage: Staged): Map<string, object[]> {
  const known = given.get(stage) ?? new Map<string, object[]>();
  given.set(stage, known);
  return known;
}

/** Words can only be added; those of a request that was deleted are gone with it. */
function givenIn(stage: Staged, name: string): readonly object[] {
  const request = stage.observer.requests.get(name);
  return (request?.words.length ?? 0) === 0 ? [] : (words(stage).get(name) ?? []);
}

function attestationOf(deed: Deed & { readonly do: 'word' }, { world }: Staged): object {
  const about = world.lab.document.members.find((each) => each.name === deed.about);
  return {
    statement: 'I pulled both plugs.',
    hostUUID: about?.hostUUID ?? '',
    by: 'Ada',
    at: new Date(world.lab.wallMs() + deed.dated * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    validForSeconds: deed.validFor,
  };
}

const backAfterMs = 5_000;

export function strikeOf(how: Strike, stage: Staged): Fault {
  switch (how) {
    case 'crashBefore':
    case 'crashAfter': {
      const { simulation } = stage.world;
      const owner = stage.world.operatorOwner();
      stage.observer.operatorDied();
      simulation.clock(simulation.world).after(backAfterMs, () => {
        if (!owner.alive) stage.reviveOperator();
      });
      return { kind: 'crash', when: how === 'crashBefore' ? 'before' : 'after', owner };
    }
    case 'replyLost':
      return { kind: 'dropReply', shownAs: 'silence' };
    case 'replyReset':
      return { kind: 'dropReply', shownAs: 'reset' };
    case 'requestLost':
      return { kind: 'dropRequest', shownAs: 'silence' };
    case 'late':
      return { kind: 'delay', delayMs: 8_000 };
  }
}
