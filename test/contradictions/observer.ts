/**
 * The physical world as time goes by, and what of it could be observed: which machine has power since when, who reaches
 * whom, what controllers really say of what. It knows nothing of what the operator recorded.
 */
import type { ControllerShows, HarmfulEffect } from '../../src/lab/lab.ts';
import type { World } from '../sim/world.ts';
import type { Declared, Deed, History } from './history.ts';
import { whyNotItself } from './whoIsIt.ts';
import { Windows } from './windows.ts';

export interface Word {
  readonly request: string;
  readonly about: string;
  /** Moments of the simulation. */
  readonly datedMs: number;
  readonly untilMs: number;
}

export interface Request {
  readonly name: string;
  readonly host: string;
  readonly mode: 'Plan' | 'Execute';
  readonly madeMs: number;
  cancelled: boolean;
  words: Word[];
}

export interface HostSeen {
  readonly name: string;
  poweredSinceMs: number | undefined;
  /** The operator or the master could hear the member, with an operator there to notice. */
  readonly answers: Windows;
  /** It answered the operator at its own address. */
  readonly answersItself: Windows;
  /** Nothing that anybody showed or declared of it was contradicted. */
  readonly itself: Windows;
  /** Its declared controller said something else than Off, and could be read, with a request that reads it. */
  readonly readsOn: Windows;
  /** Its declared controller said Off, and could be read. */
  readonly readsOff: Windows;
  /** Its declared controller said Off while it answered; looked at often, because a request is there. */
  readonly caughtInRequest: Windows;
  /** The same without a request, where it began with a reading: the operator had just started, or the controller came back. */
  readonly caughtAtOnce: Windows;
  /** The same, whether or not anything read it soon. */
  readonly caught: Windows;
  /** From when on the trust in its controller is new: somebody declared it anew, or says that it was dealt with. */
  trustedMs: number;
  /** Another member that was cut through its controller, and when. */
  wronglyCut: { readonly machine: string; readonly atMs: number } | undefined;
}

export interface Observer {
  readonly hosts: ReadonlyMap<string, HostSeen>;
  readonly requests: ReadonlyMap<string, Request>;
  /** Those that were deleted, and when: what was sent for one may still take place. */
  readonly deleted: readonly { readonly request: Request; readonly atMs: number }[];
  /** By virtual machine: the hosts on which it runs, and since when. */
  readonly runs: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** By virtual machine: where it ran last. */
  readonly lastRan: ReadonlyMap<string, string>;
  readonly operatorWallJumpMs: () => number;
  look(): void;
  noteDeed(deed: Deed): void;
  operatorStarted(): void;
  operatorDied(): void;
  declared(host: string): Declared;
  controllerShows(host: string): Required<ControllerShows>;
  /** The host whose lock key is named in what the oracle says of a removed lock. */
  holderOf(lock: string): string | undefined;
  noteCut(effect: HarmfulEffect): void;
}

const silent = ['hangs', 'powerStateNull'];
/** Whoever has a session already goes on reading. */
const unreadable = [...silent, 'refusesPassword'];

export function createObserver(world: World, history: History): Observer {
  const { lab, simulation } = world;
  const hosts = new Map<string, HostSeen>();
  const requests = new Map<string, Request>();
  const deleted: { readonly request: Request; readonly atMs: number }[] = [];
  const runs = new Map<string, Map<string, number>>();
  const lastRan = new Map<string, string>();
  const declarations = new Map<string, Declared>();
  const asDrawn = (host: string): Declared => history.hosts.find((each) => each.host === host) ?? { host };
  const shows = new Map<string, ControllerShows>();
  let operatorSinceMs: number | undefined;
  let wallJumpMs = 0;
  for (const [index, member] of lab.document.members.entries()) {
    const { name } = member;
    hosts.set(name, {
      name,
      poweredSinceMs: simulation.nowMs,
      answers: new Windows(),
      answersItself: new Windows(),
      itself: new Windows(),
      readsOn: new Windows(),
      readsOff: new Windows(),
      caughtInRequest: new Windows(),
      caughtAtOnce: new Windows(),
      caught: new Windows(),
      trustedMs: 0,
      wronglyCut: undefined,
    });
    declarations.set(name, asDrawn(name));
    shows.set(name, history.machines[index]?.controller ?? {});
  }
  const endpoints = new Map(lab.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const declared = (host: string): Declared => declarations.get(host) ?? { host };
  const controllerOf = (host: string): string => declared(host).controllerOf ?? host;
  const openTo = (node: string): boolean => endpoints.get(node)?.presence() === 'open';

  type Status = ReturnType<typeof lab.status>;
  const powerOf = (status: Status, machine: string): string =>
    status.hosts.find((each) => each.name === machine)?.power ??
    status.outsiders.find((each) => each.name === machine)?.power ??
    'off';
  const says = (status: Status, host: string, unless = unreadable): 'On' | 'Off' | 'nothing' => {
    const controller = status.hosts.find((each) => each.name === controllerOf(host));
    const { rungs } = declared(host);
    if (rungs === 'attestation' || rungs === 'none' || controller === undefined) return 'nothing';
    const behaviours = controller.bmc.split(' ');
    if (
      unless.some((each) => behaviours.includes(each)) ||
      !openTo(`bmc-${controller.name.slice('host-'.length)}`)
    )
      return 'nothing';
    if (behaviours.includes('saysAlwaysOff')) return 'Off';
    if (behaviours.includes('saysAlwaysOn')) return 'On';
    return powerOf(status, controller.bmcCabledTo) === 'off' ? 'Off' : 'On';
  };
  const cut = (status: Status, a: string, b: string): boolean =>
    status.cuts.includes(a < b ? `${a} and ${b} (management)` : `${b} and ${a} (management)`) ||
    status.cuts.includes(a < b ? `${b} and ${a} (management)` : `${a} and ${b} (management)`);
  const masterReaches = (status: Status, host: string): boolean => {
    const it = status.hosts.find((each) => each.name === host);
    const master = status.hosts.find((each) => each.name === status.master);
    return (
      master !== undefined &&
      // In a split pool the operator believes none of the masters.
      status.hosts.every((each) => each.splitFrom === undefined) &&
      openTo(master.name) &&
      master.toolstack === 'running' &&
      it?.toolstack === 'running' &&
      !cut(status, master.name, host)
    );
  };
  const requestFor = (host: string): boolean =>
    [...requests.values()].some((request) => request.host === host && !request.cancelled);

  const lastSaid = new Map<string, string>();
  const readAtOnce = new Map<string, boolean>();
  let justStarted = false;
  const look = (): void => {
    const nowMs = simulation.nowMs;
    const status = lab.status();
    for (const seen of hosts.values()) {
      const { name } = seen;
      const it = status.hosts.find((each) => each.name === name);
      if (it === undefined || it.power === 'off') seen.poweredSinceMs = undefined;
      else seen.poweredSinceMs ??= nowMs;
      const watched = operatorSinceMs !== undefined && declared(name).undeclared !== true;
      const byItself = openTo(declared(name).addressOf ?? name) && declared(name).addressOf === undefined;
      const answers = watched && (byItself || masterReaches(status, name));
      const said = says(status, name);
      seen.answers.note(nowMs, answers);
      seen.answersItself.note(nowMs, watched && byItself);
      seen.itself.note(nowMs, whyNotItself(name, observer, history) === undefined);
      seen.readsOff.note(nowMs, says(status, name, silent) === 'Off');
      const slow = /answersAfterMs|endedSession/.test(
        status.hosts.find((each) => each.name === controllerOf(name))?.bmc ?? '',
      );
      const lies = answers && said === 'Off' && !slow;
      seen.readsOn.note(nowMs, watched && said === 'On' && !slow && requestFor(name));
      const began = lies && seen.caught.since() === undefined;
      if (began) readAtOnce.set(name, justStarted || lastSaid.get(name) === 'nothing');
      lastSaid.set(name, said);
      seen.caught.note(nowMs, lies);
      seen.caughtAtOnce.note(nowMs, lies && readAtOnce.get(name) === true);
      seen.caughtInRequest.note(nowMs, lies && requestFor(name));
    }
    for (const { name, runsOn } of status.virtualMachines) {
      const before = runs.get(name) ?? new Map<string, number>();
      runs.set(name, new Map(runsOn.map((host) => [host, before.get(host) ?? nowMs])));
      const [host] = runsOn;
      if (host !== undefined) lastRan.set(name, host);
    }
  };

  const change = (host: string, to: Partial<Declared>): void => {
    declarations.set(host, { ...declared(host), ...to });
  };
  const trustAnew = (host: string, nowMs: number): void => {
    const seen = hosts.get(host);
    if (seen === undefined) return;
    seen.trustedMs = nowMs;
    seen.wronglyCut = undefined;
  };
  const noteDeed = (deed: Deed): void => {
    const nowMs = simulation.nowMs;
    if (deed.do === 'shows') shows.set(deed.host, deed.shows);
    if (deed.do === 'clock' && deed.of === 'operator') wallJumpMs += deed.bySeconds * 1000;
    if (deed.do === 'request') {
      if (requests.has(deed.name)) return;
      const { name, host, mode } = deed;
      requests.set(name, { name, host, mode, madeMs: nowMs, cancelled: false, words: [] });
    }
    if (deed.do === 'deleteRequest') {
      const request = requests.get(deed.name);
      if (request !== undefined) deleted.push({ request, atMs: nowMs });
      requests.delete(deed.name);
    }
    const asked = deed.do === 'cancel' ? requests.get(deed.name) : undefined;
    if (asked !== undefined) asked.cancelled = true;
    if (deed.do === 'word') {
      const datedMs = nowMs + deed.dated * 1000;
      requests.get(deed.request)?.words.push({
        request: deed.request,
        about: deed.about,
        datedMs,
        untilMs: datedMs + deed.validFor * 1000,
      });
    }
    if (deed.do === 'checked') trustAnew(deed.host, nowMs);
    if (deed.do === 'declareSerial') change(deed.host, { serial: deed.serial });
    if (deed.do === 'removeHost') change(deed.host, { undeclared: true });
    if (deed.do === 'addHost' && declared(deed.host).undeclared === true) {
      // It is made anew as it was declared at first, whatever was corrected meanwhile.
      declarations.set(deed.host, asDrawn(deed.host));
      trustAnew(deed.host, nowMs);
    }
  };

  const observer: Observer = {
    hosts,
    requests,
    deleted,
    runs,
    lastRan,
    operatorWallJumpMs: () => wallJumpMs,
    look,
    noteDeed,
    operatorStarted: () => {
      operatorSinceMs = simulation.nowMs;
      justStarted = true;
      look();
      justStarted = false;
    },
    operatorDied: () => {
      operatorSinceMs = undefined;
      look();
    },
    declared,
    controllerShows: (host) => {
      const controller = controllerOf(host);
      const status = lab.status().hosts.find((each) => each.name === controller);
      const machine = status?.bmcCabledTo ?? controller;
      const shown = shows.get(controller) ?? {};
      const on = lab.document.members.find((each) => each.name === machine);
      const another = status?.bmc.split(' ').includes('anotherSerial') === true;
      return {
        serial: another ? 'another' : (shown.serial ?? on?.serial ?? `of ${machine}`),
        sku: shown.sku ?? '',
        systemUUID: another ? 'another' : (shown.systemUUID ?? on?.systemUUID ?? `of ${machine}`),
      };
    },
    holderOf: (lock) => lab.document.members.find((each) => lock.endsWith(`host_${each.hostRef}`))?.name,
    noteCut: (effect) => {
      for (const seen of hosts.values()) {
        const status = lab.status().hosts.find((each) => each.name === controllerOf(seen.name));
        if (status?.bmcCabledTo !== effect.target || effect.target === seen.name) continue;
        if (!requestFor(seen.name)) continue;
        const { nowMs } = simulation;
        // One that had not been heard of for a minute could not be missed.
        const heard = hosts
          .get(effect.target)
          ?.answersItself.touched({ fromMs: nowMs - 60_000, toMs: nowMs });
        if (heard === true) seen.wronglyCut = { machine: effect.target, atMs: nowMs };
      }
    },
  };
  lab.onPresenceChange(look);
  look();
  return observer;
}
