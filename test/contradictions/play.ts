/** Plays a history in a world of its own and tells what came of it. */
import type { Host, Pool } from '../../src/api/generated/types.ts';
import type { HarmfulEffect, LabOptions } from '../../src/lab/lab.ts';
import type { KubernetesObject } from '../../src/ports/kubernetes.ts';
import type { OutgoingRequest } from '../../src/simulation/faults.ts';
import { createWorld, namespace, type World } from '../sim/world.ts';
import { carryOut, strikeOf } from './deeds.ts';
import { type Ending, judgeEnding } from './ending.ts';
import type { Declared, History, HistoryEvent } from './history.ts';
import { type Judged, judgeAct } from './judge.ts';
import { createObserver, type Observer } from './observer.ts';

export interface Failure {
  readonly kind: 'corruption' | 'unnamed' | 'error' | 'noSentence' | 'endless';
  readonly sentence: string;
  /** What stays the same while the history shrinks. */
  readonly sort: string;
}

export interface Played {
  readonly failures: readonly Failure[];
  readonly acts: readonly Judged[];
  readonly ending: Ending | undefined;
  readonly world: World;
  readonly virtualMs: number;
}

const lookEveryMs = 2_000;
/** After the last event nothing may have happened for so long before the end is judged. */
const quietMs = 60_000;
/** A master that waits as long as the real one does lets two minutes pass between two acts. */
const quietWithSlowMasterMs = 4 * 60_000;
const endsWithinMs = 25 * 60_000;

/** `firstCorruption` ends the history there, for who only asks whether one comes. */
export async function play(history: History, until: 'quiet' | 'firstCorruption' = 'quiet'): Promise<Played> {
  const stage = setUp(history);
  const { world } = stage;
  try {
    for (const event of timed(history)) if (event.at === 0) await carryOut(event, stage);
    stage.reviveOperator();
    await world.apply();
    for (const event of timed(history)) {
      if (event.at === 0) continue;
      await passTo(stage, event.at * 1000);
      await carryOut(event, stage);
      if (until === 'firstCorruption' && isCorrupt(stage)) return told(stage, undefined, []);
    }
    stage.reviveOperator();
    await untilQuiet(stage, until);
    if (until === 'firstCorruption') return told(stage, undefined, []);
    const ending = await judgeEnding(stage);
    return told(stage, ending, [...ending.failures]);
  } catch (error) {
    const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return told(stage, undefined, [
      { kind: 'error', sentence, sort: sentence.split('\n')[0]?.slice(0, 60) ?? '' },
    ]);
  }
}

export interface Staged {
  readonly world: World;
  readonly history: History;
  readonly observer: Observer;
  readonly judged: Judged[];
  /** When an act of each kind was last sent, since it may take a while. */
  readonly sends: Map<string, number>;
  /** As declared at the start, to be declared again. */
  readonly manifests: Map<string, KubernetesObject>;
  reviveOperator(): void;
  killOperator(): void;
}

function setUp(history: History): Staged {
  const triggered = history.events.filter((event) => 'on' in event);
  const counts = new Map<string, number>();
  const manifests = new Map<string, KubernetesObject>();
  const world: World = createWorld({
    seed: history.seed,
    lab: labOptions(history),
    manifests: { memberTimeoutSeconds: history.memberTimeoutSeconds },
    edit: (object) => {
      const edited = asDeclared(object, history, world);
      manifests.set(`${object.kind} ${object.metadata.name}`, edited);
      return edited;
    },
    interpose: (request) => {
      if (request.from !== 'operator') return 'deliver';
      noteSend(stage, request);
      for (const event of triggered) {
        if (!('on' in event) || !request.label.includes(event.on)) continue;
        const key = JSON.stringify(event);
        const seen = (counts.get(key) ?? 0) + 1;
        counts.set(key, seen);
        if (seen !== event.nth) continue;
        if (event.do === 'strike') return strikeOf(event.how, stage);
        // Synchronous deeds alone are drawn here: the world is changed while the request is on its way.
        void carryOut(event, stage);
      }
      return 'deliver';
    },
  });
  let alive = false;
  const stage: Staged = {
    world,
    history,
    observer: createObserver(world, history),
    judged: [],
    sends: new Map(),
    manifests,
    reviveOperator: () => {
      if (alive && world.operatorOwner().alive) return;
      alive = true;
      world.startOperator();
      stage.observer.operatorStarted();
    },
    killOperator: () => {
      if (!alive) return;
      alive = false;
      world.operatorOwner().kill();
      stage.observer.operatorDied();
    },
  };
  world.lab.onHarmfulEffect((effect) => judgeEffect(stage, effect));
  return stage;
}

function judgeEffect(stage: Staged, effect: HarmfulEffect): void {
  const { observer, world, history } = stage;
  observer.look();
  if (!isOperators(effect)) return;
  const nowMs = world.simulation.nowMs;
  const sentMs = stage.sends.get(effect.kind) ?? nowMs;
  stage.judged.push({
    effect,
    atMs: nowMs,
    judgement: judgeAct(effect, { nowMs, sentMs }, { observer, history }),
  });
  if (effect.kind === 'forceOff') observer.noteCut(effect);
}

export function isOperators({ caller }: HarmfulEffect): boolean {
  return caller.startsWith('kintsugi') || caller.startsWith('redfish');
}

const labelsOfActs: readonly (readonly [HarmfulEffect['kind'], string])[] = [
  ['forceOff', 'ComputerSystem.Reset'],
  ['declareDead', 'host.declare_dead'],
  ['start', 'VM.start_on'],
  ['lockRemoved', 'VDI.remove_from_sm_config'],
];

function noteSend({ sends, observer, world }: Staged, { label }: OutgoingRequest): void {
  for (const [kind, words] of labelsOfActs) {
    if (!label.includes(words)) continue;
    observer.look();
    sends.set(kind, world.simulation.nowMs);
  }
}

const short = { forwardedCallMs: 3_000, guardContactMs: 1_000, forceOffMs: 2_000, startMs: 1_000 };

function labOptions(history: History): Partial<LabOptions> {
  return {
    members: history.members,
    virtualServers: history.virtualServers,
    localVirtualServers: history.localVirtualServers,
    version: history.version,
    ...(history.sharedStorage === undefined ? {} : { sharedStorage: history.sharedStorage }),
    latencies: history.slowMaster === true ? {} : short,
    ...(history.habits === undefined ? {} : { habits: history.habits }),
    machines: Array.from({ length: history.members }, (_, index) => ({
      serial: `SN-${index + 1}`,
      boardSerial: `BD-${index + 1}`,
      ...history.machines[index],
    })),
    outsiders: history.outsiders,
  };
}

/** What a person wrote otherwise than the lab's own manifests. */
function asDeclared(object: KubernetesObject, history: History, world: World): KubernetesObject {
  const { members } = world.lab.document;
  if (object.kind === 'VirtualServer') {
    const index = world.lab.document.virtualMachines.findIndex(({ name }) => name === object.metadata.name);
    const powerState = history.servers[String(index)];
    if (powerState === undefined) return object;
    const { spec } = object as KubernetesObject & { readonly spec: object };
    return { ...object, spec: { ...spec, powerState } } as KubernetesObject;
  }
  const { failedMembers } = history;
  if (object.kind === 'Pool' && failedMembers !== undefined) {
    const { spec } = object as Pool;
    return { ...object, spec: { ...spec, limits: { ...spec.limits, failedMembers } } } as KubernetesObject;
  }
  const declared = history.hosts.find((each) => each.host === object.metadata.name);
  if (object.kind !== 'Host' || declared === undefined) return object;
  return asDeclaredHost(object as Host, declared, members) as KubernetesObject;
}

function asDeclaredHost(host: Host, declared: Declared, members: World['lab']['document']['members']): Host {
  const controller = members.find((each) => each.name === declared.controllerOf);
  const at = members.find((each) => each.name === declared.addressOf);
  const rungs = (host.spec.power ?? []).filter((rung) =>
    declared.rungs === undefined
      ? true
      : declared.rungs === 'redfish'
        ? rung.redfish !== undefined
        : declared.rungs === 'attestation' && rung.attestation !== undefined,
  );
  const power = rungs.map((rung) =>
    rung.redfish === undefined || controller === undefined
      ? rung
      : {
          redfish: {
            ...rung.redfish,
            url: controller.bmc.origin,
            credentialsSecretRef: { name: `lab-${controller.bmc.name}` },
            tls: { sha256Fingerprint: controller.bmc.fingerprint },
          },
        },
  );
  const { serial, ...spec } = host.spec;
  return {
    ...host,
    metadata: { ...host.metadata, namespace },
    spec: {
      ...spec,
      ...(serial === undefined || declared.noSerial === true ? {} : { serial }),
      power,
      ...(declared.serial === undefined || declared.noSerial === true ? {} : { serial: declared.serial }),
      ...(declared.boardSerial === undefined ? {} : { boardSerial: declared.boardSerial }),
      ...(declared.systemUUID === undefined ? {} : { systemUUID: declared.systemUUID }),
      ...(declared.state === undefined ? {} : { state: declared.state }),
      ...(at === undefined ? {} : { address: at.address, tls: { sha256Fingerprint: at.fingerprint } }),
    },
  };
}

function timed(history: History): readonly (HistoryEvent & { readonly at: number })[] {
  return history.events
    .flatMap((event) => ('at' in event ? [event] : []))
    .toSorted((left, right) => left.at - right.at);
}

async function passTo(stage: Staged, untilMs: number): Promise<void> {
  const { simulation } = stage.world;
  while (simulation.nowMs < untilMs) {
    await stage.world.pass(Math.min(lookEveryMs, untilMs - simulation.nowMs));
    stage.observer.look();
  }
}

function isCorrupt({ judged, world }: Staged): boolean {
  return (
    judged.some(({ judgement }) => judgement.kind === 'corruption') ||
    world.lab.verdict().violations.length > 0
  );
}

/** Until the operator has done nothing harmful for a while; whoever acts for ever is found by its acts. */
async function untilQuiet(stage: Staged, until: 'quiet' | 'firstCorruption'): Promise<void> {
  const { simulation } = stage.world;
  const lastMs = simulation.nowMs;
  const forMs = stage.history.slowMaster === true ? quietWithSlowMasterMs : quietMs;
  const calm = (): boolean => simulation.nowMs - Math.max(lastMs, stage.judged.at(-1)?.atMs ?? 0) >= forMs;
  while (!calm() && simulation.nowMs - lastMs < endsWithinMs) {
    await passTo(stage, simulation.nowMs + 10_000);
    if (until === 'firstCorruption' && isCorrupt(stage)) return;
  }
}

function told(stage: Staged, ending: Ending | undefined, more: readonly Failure[]): Played {
  const corruptions = stage.judged.flatMap(({ effect, judgement, atMs }): readonly Failure[] =>
    judgement.kind !== 'corruption'
      ? []
      : [
          {
            kind: 'corruption',
            sort: judgement.what,
            sentence: `${Math.round(atMs / 1000)} s: ${effect.kind} ${effect.target}: ${judgement.what}; ${judgement.because}`,
          },
        ],
  );
  return {
    failures: [...corruptions, ...unexplained(stage, corruptions.length > 0), ...more],
    acts: stage.judged,
    ending,
    world: stage.world,
    virtualMs: stage.world.simulation.nowMs,
  };
}

/** What the oracle saw and no judged act accounts for. */
function unexplained(stage: Staged, isKnown: boolean): readonly Failure[] {
  if (isKnown) return [];
  const explained = stage.judged.some(({ judgement }) => judgement.kind === 'explained');
  if (explained) return [];
  return stage.world.lab.verdict().violations.flatMap((violation): readonly Failure[] => {
    // Somebody else's act at the console is that person's own.
    const foreign = stage.world.lab
      .verdict()
      .harmfulEffects.some(
        (effect) =>
          !isOperators(effect) &&
          (effect.target === violation.virtualMachine || violation.hosts.includes(effect.target)),
      );
    return foreign
      ? []
      : [{ kind: 'corruption', sort: violation.kind, sentence: `the oracle: ${violation.sentence}` }];
  });
}
