/**
 * Everything that can be done to a running lab from the command line: one entry for each command, with its words and what
 * it does. The command line and the control server are made from it.
 */
import { bmcBehaviour } from './bmc/behaviours.ts';
import { callByHand } from './byHand.ts';
import { effectKinds, faultOf } from './faultWords.ts';
import type { Lab } from './lab.ts';
import { machineVerbs } from './machineVerbs.ts';
import { oneOf, onOff, type Verb, verb } from './verb.ts';

export const verbs: readonly Verb[] = [
  verb({
    name: 'cut-power',
    description: 'Pull the plug of a machine.',
    args: ['host'],
    run: ({ steer }, { host }) => {
      steer.cutPower(host);
      return `${host} has no power any more; everything that ran on it is gone`;
    },
  }),
  verb({
    name: 'restore-power',
    description: 'Give a machine its mains back; it boots and rejoins the pool.',
    args: ['host'],
    run: ({ steer }, { host }) => {
      steer.restorePower(host);
      return `${host} has mains again and boots`;
    },
  }),
  verb({
    name: 'press-power-button',
    description: 'Start a machine that is off, as somebody in the server room would.',
    args: ['host'],
    run: ({ steer }, { host }) => {
      steer.pressPowerButton(host);
      return `somebody pressed the power button of ${host}`;
    },
  }),
  verb({
    name: 'crash-toolstack',
    description: 'Kill the toolstack of a host; its virtual machines run on.',
    args: ['host'],
    run: ({ steer }, { host }) => {
      steer.crashToolstack(host);
      return `the toolstack of ${host} is dead; its virtual machines run on`;
    },
  }),
  verb({
    name: 'restart-toolstack',
    description: 'Stop and start the toolstack of a host; starts a crashed one too.',
    args: ['host'],
    run: ({ steer }, { host }) => {
      steer.restartToolstack(host);
      return `the toolstack of ${host} restarts`;
    },
  }),
  verb({
    name: 'second-master',
    description:
      'Make a member master while the first one lives, each with a database of its own; or end it.',
    args: ['host', { name: 'state', choices: onOff }],
    run: ({ steer }, { host, state }) => {
      steer.secondMaster(host, oneOf(onOff, state));
      return state === 'on'
        ? `${host} is master too, with a database of its own`
        : `${host} is a member again`;
    },
  }),
  ...linkVerbs(),
  verb({
    name: 'heal',
    description: 'Mend every cut link.',
    run: ({ steer }) => {
      steer.heal();
      return 'every cut link is mended';
    },
  }),
  verb({
    name: 'high-availability',
    description: 'Make the pool say that XAPI high availability is on or off.',
    args: [{ name: 'state', choices: onOff }],
    run: ({ steer }, { state }) => {
      steer.setHighAvailability(oneOf(onOff, state));
      return `the pool says that high availability is ${state}`;
    },
  }),
  verb({
    name: 'rolling-upgrade',
    description: 'Make the pool say that a rolling upgrade is under way or over.',
    args: [{ name: 'state', choices: onOff }],
    run: ({ steer }, { state }) => {
      steer.setRollingUpgrade(oneOf(onOff, state));
      return `the pool says that a rolling upgrade is ${state === 'on' ? 'under way' : 'over'}`;
    },
  }),
  verb({
    name: 'auto-power-on',
    description: 'Set auto_poweron for the pool and every virtual machine.',
    args: [{ name: 'state', choices: onOff }],
    run: ({ steer }, { state }) => {
      steer.setAutoPowerOn(oneOf(onOff, state));
      return `auto_poweron is ${state} for the pool and all virtual machines`;
    },
  }),
  verb({
    name: 'jump-clock',
    description: 'Move the wall clock of a host.',
    args: ['host', 'seconds'],
    run: ({ steer }, { host, seconds }) => {
      const by = Number(seconds);
      if (seconds.trim() === '' || !Number.isFinite(by))
        throw new Error(`seconds is a number, not "${seconds}"`);
      steer.jumpClock(host, by * 1000);
      return `the clock of ${host} jumped by ${by} s`;
    },
  }),
  verb({
    name: 'bmc',
    description: 'Change how the BMC of a host behaves, in one of the ways below or in several at once.',
    args: ['host'],
    rest: '<behaviours...>',
    helpAbout: 'behaviours',
    run: ({ steer }, { host }, behaviours) => {
      steer.setBmc(host, ...behaviours.map(bmcBehaviour));
      return `the BMC of ${host} is now: ${behaviours.join(' ')}`;
    },
  }),
  verb({
    name: 'cable',
    description: 'Let the BMC address of a host lead to the controller of another machine.',
    args: ['host', 'machine'],
    run: ({ steer }, { host, machine }) => {
      steer.cable(host, machine);
      return `the BMC address of ${host} now leads to the controller of ${machine}`;
    },
  }),
  verb({
    name: 'fault',
    description: 'Make calls go wrong.',
    args: [{ name: 'effect', choices: effectKinds }],
    options: [
      { name: 'at', flags: '--at <node>', description: 'a host or a BMC; default: any' },
      {
        name: 'method',
        flags: '--method <name>',
        description: 'such as host.declare_dead or redfish.reset; default: any',
      },
      {
        name: 'nth',
        flags: '--nth <n>',
        description: 'strike this call alone, 1 being the next; default: every call',
      },
      { name: 'delayMs', flags: '--delay-ms <ms>', description: 'of slow', default: '5000' },
      { name: 'code', flags: '--code <code>', description: 'of saysFailed', default: 'INTERNAL_ERROR' },
      {
        name: 'unlocksFirst',
        flags: '--unlocks-first <n>',
        description: 'of hookFails: repositories that it unlocks before',
        default: '0',
      },
      { name: 'keepLock', flags: '--keep-lock', description: 'of domainFails: the lock stays behind' },
    ],
    run: ({ steer }, words) => `${steer.addFault(faultOf(words))} is in force`,
  }),
  verb({
    name: 'clear-faults',
    description: 'Take every fault away.',
    run: ({ steer }) => {
      steer.clearFaults();
      return 'no fault is in force any more';
    },
  }),
  verb({
    name: 'call',
    description:
      'Another administrator calls XAPI at the master: call VM.power_state_reset vm:db-01. Parameters are strings, true and false; host:NAME, vm:NAME, disk:VM and sr:NAME stand for references.',
    args: ['method'],
    rest: '[params...]',
    run: (lab, { method }, params) => callByHand(lab, method, params),
  }),
  ...machineVerbs,
];

function linkVerbs(): readonly Verb[] {
  const kinds = ['management', 'storage'] as const;
  const kind = {
    name: 'kind',
    flags: '--kind <kind>',
    description: 'which network',
    choices: kinds,
    default: 'management',
  } as const;
  return [
    verb({
      name: 'partition',
      description:
        'Cut the link between two nodes: operator, storage, host-1 …, bmc-1 …, or everyone (operator and all hosts).',
      args: ['a', 'b'],
      options: [kind],
      run: ({ steer }, { a, b, kind: which = '' }) => {
        steer.partition(a, b, oneOf(kinds, which));
        return `${a} and ${b} no longer reach each other (${which})`;
      },
    }),
    verb({
      name: 'mend',
      description: 'Mend one cut link.',
      args: ['a', 'b'],
      options: [kind],
      run: ({ steer }, { a, b, kind: which = '' }) => {
        steer.mend(a, b, oneOf(kinds, which));
        return `${a} and ${b} reach each other again (${which})`;
      },
    }),
  ];
}

/** A command as it travels to the control server. */
export interface SteerCommand {
  readonly verb: string;
  readonly words: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
}

/** Carries out a command and says in one sentence what was done. Throws a sentence when it cannot be. */
export async function obey(lab: Lab, { verb: name, words, rest }: SteerCommand): Promise<string> {
  const known = verbs.find((each) => each.name === name);
  if (known === undefined) throw new Error(`the lab knows no command ${name}`);
  const missing = known.args.find((each) => words[each.name] === undefined);
  if (missing !== undefined) throw new Error(`${name} needs a ${missing.name}`);
  return await known.run(lab, words, rest);
}
