import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { Log, LogFields } from '../ports/log.ts';
import type { Surroundings } from '../terminal/surroundings.ts';
import { bmcBehaviours } from './bmc/behaviours.ts';
import type { SteerCommand } from './commands.ts';
import type { Fault, FaultEffect } from './faults.ts';
import { addMachineCommands } from './machineCli.ts';
import { describeBehaviours, describeStatus, describeVerdict } from './report.ts';
import type { Habits, XapiVersion } from './settings.ts';
import { type RemoteLab, readSheet, steerFrom } from './steerFrom.ts';
import { labUp } from './up.ts';

/** Adds `lab` with its subcommands. */
export function labCommand(program: Command, deps: Surroundings): void {
  const lab = program
    .command('lab')
    .description(
      'A simulated pool on this machine: every member speaks XAPI and every BMC speaks Redfish over real TLS sockets, at loopback addresses of their own. Nothing outside this machine is touched.',
    );
  lab.addHelpText('after', () => describeBehaviours(bmcBehaviours));
  addUp(lab, deps);
  addSteering(lab, deps);
  addReports(lab, deps);
}

interface UpFlags {
  readonly members: number;
  readonly virtualServers: number;
  readonly localVirtualServers: number;
  readonly sharedStorage: number;
  readonly storageLocks: Habits['storageLocks'];
  readonly seed: number;
  readonly speed: number;
  readonly release: XapiVersion;
  readonly state: string;
}

function addUp(lab: Command, deps: Surroundings): void {
  lab
    .command('up')
    .description(
      'Run a lab in the foreground. Prints one JSON document with addresses, certificates, credentials and the control URL, and keeps it in DIR/lab.json (mode 0600). The world lives in memory: when this process ends, it is gone.',
    )
    .addOption(stateOption())
    .option('--members <n>', 'pool members', asCount, 4)
    .option('--virtual-servers <n>', 'virtual machines on the shared storage', asCount, 24)
    .option('--local-virtual-servers <n>', 'virtual machines on the local storage of host-3', asCount, 2)
    .option('--shared-storage <n>', 'shared storage repositories for disks', asCount, 1)
    .option('--seed <n>', 'names, UUIDs and passwords come from it', asCount, 1)
    .option('--speed <x>', 'how much faster than real time heartbeats and timeouts run', asNumber, 1)
    .addOption(
      // Not --version: the program has that for itself.
      new Option('--release <release>', 'of Citrix Hypervisor or XCP-ng, whose habits the toolstacks have')
        .choices(['8.2', '8.3'])
        .default('8.3'),
    )
    .addOption(
      new Option(
        '--storage-locks <which>',
        'whether disks have lock keys; the newer kind of storage has none',
      )
        .choices(['kept', 'none'])
        .default('kept'),
    )
    .action(async ({ state, release, storageLocks, ...flags }: UpFlags) => {
      await speaking(deps, async () => {
        const { clock, random } = deps;
        const log = complainingLog(deps);
        const rest = { clock, random, log, version: release, stateFolder: state, habits: { storageLocks } };
        const running = await labUp({ ...flags, ...rest });
        deps.print(JSON.stringify(running.sheet, undefined, 2));
        await deps.untilStopped();
        await running.close();
      });
    });
}

function addSteering(lab: Command, deps: Surroundings): void {
  const steer = (state: string, command: SteerCommand): Promise<void> =>
    remotely(deps, state, async (remote) => deps.print(await remote.steer(command)));
  const onHost = (verb: string, description: string): void => {
    lab
      .command(`${verb} <host>`)
      .description(description)
      .addOption(stateOption())
      .action((host: string, { state }: State) => steer(state, { verb, host }));
  };
  const onLink = (verb: string, description: string): void => {
    lab
      .command(`${verb} <a> <b>`)
      .description(description)
      .addOption(stateOption())
      .addOption(
        new Option('--kind <kind>', 'which network').choices(['management', 'storage']).default('management'),
      )
      .action((host: string, other: string, { state, kind }: State & { readonly kind: string }) =>
        steer(state, { verb, host, other, kind }),
      );
  };
  const onOff = (verb: string, description: string): void => {
    lab
      .command(verb)
      .addArgument(new Argument('<state>').choices(['on', 'off']))
      .description(description)
      .addOption(stateOption())
      .action((which: string, { state }: State) => steer(state, { verb, state: which }));
  };
  onHost('cut-power', 'Pull the plug of a machine.');
  onHost('restore-power', 'Give a machine its mains back; it boots and rejoins the pool.');
  onHost('press-power-button', 'Start a machine that is off, as somebody in the server room would.');
  onHost('crash-toolstack', 'Kill the toolstack of a host; its virtual machines run on.');
  onHost('restart-toolstack', 'Stop and start the toolstack of a host; starts a crashed one too.');
  onLink(
    'partition',
    'Cut the link between two nodes: operator, storage, host-1 …, bmc-1 …, or everyone (operator and all hosts).',
  );
  onLink('mend', 'Mend one cut link.');
  onOff('high-availability', 'Make the pool say that XAPI high availability is on or off.');
  onOff('rolling-upgrade', 'Make the pool say that a rolling upgrade is under way or over.');
  onOff('auto-power-on', 'Set auto_poweron for the pool and every virtual machine.');
  addOddSteering(lab, steer);
  addMachineCommands(lab, steer, stateOption);
}

type Steer = (state: string, command: SteerCommand) => Promise<void>;

function addOddSteering(lab: Command, steer: Steer): void {
  lab
    .command('heal')
    .description('Mend every cut link.')
    .addOption(stateOption())
    .action(({ state }: State) => steer(state, { verb: 'heal' }));
  lab
    .command('jump-clock <host> <seconds>')
    .description('Move the wall clock of a host.')
    .addOption(stateOption())
    .action((host: string, seconds: string, { state }: State) =>
      steer(state, { verb: 'jump-clock', host, seconds: asNumber(seconds) }),
    );
  lab
    .command('second-master <host>')
    .addArgument(new Argument('<state>').choices(['on', 'off']))
    .description(
      'Make a member master while the first one lives, each with a database of its own; or end it.',
    )
    .addOption(stateOption())
    .action((host: string, which: string, { state }: State) =>
      steer(state, { verb: 'second-master', host, state: which }),
    );
  lab
    .command('bmc <host> <behaviours...>')
    .description('Change how the BMC of a host behaves, in one of the ways below or in several at once.')
    .addHelpText('after', () => describeBehaviours(bmcBehaviours))
    .addOption(stateOption())
    .action((host: string, behaviours: readonly string[], { state }: State) =>
      steer(state, { verb: 'bmc', host, behaviours }),
    );
  lab
    .command('cable <host> <machine>')
    .description('Let the BMC address of a host lead to the controller of another machine.')
    .addOption(stateOption())
    .action((host: string, other: string, { state }: State) => steer(state, { verb: 'cable', host, other }));
  lab
    .command('fault')
    .addArgument(new Argument('<effect>').choices(effectKinds))
    .description('Make calls go wrong.')
    .addOption(stateOption())
    .option('--at <node>', 'a host or a BMC; default: any')
    .option('--method <name>', 'such as host.declare_dead or redfish.reset; default: any')
    .option('--nth <n>', 'strike this call alone, 1 being the next; default: every call', asCount)
    .option('--delay-ms <ms>', 'of slow', asCount, 5000)
    .option('--code <code>', 'of saysFailed', 'INTERNAL_ERROR')
    .option('--unlocks-first <n>', 'of hookFails: repositories that it unlocks before', asCount, 0)
    .option('--keep-lock', 'of domainFails: the lock stays behind')
    .action((effect: string, { state, ...flags }: State & FaultFlags) =>
      steer(state, { verb: 'fault', fault: asFault(effect, flags) }),
    );
  lab
    .command('clear-faults')
    .description('Take every fault away.')
    .addOption(stateOption())
    .action(({ state }: State) => steer(state, { verb: 'clear-faults' }));
}

function addReports(lab: Command, deps: Surroundings): void {
  lab
    .command('status')
    .description('What really is, beside what the pool believes.')
    .addOption(stateOption())
    .option('--json', 'for machines')
    .action(({ state, json }: State & Json) =>
      remotely(deps, state, async (remote) => {
        const status = await remote.status();
        deps.print(json === true ? JSON.stringify(status, undefined, 2) : describeStatus(status));
      }),
    );
  lab
    .command('verdict')
    .description('What the oracle has seen. Ends with code 1 when a disk or a lock was violated.')
    .addOption(stateOption())
    .option('--json', 'for machines')
    .action(({ state, json }: State & Json) =>
      remotely(deps, state, async (remote) => {
        const verdict = await remote.verdict();
        deps.print(json === true ? JSON.stringify(verdict, undefined, 2) : describeVerdict(verdict));
        if (!verdict.clean) deps.setExitCode(1);
      }),
    );
}

interface State {
  readonly state: string;
}

interface Json {
  readonly json?: true;
}

interface FaultFlags {
  readonly at?: string;
  readonly method?: string;
  readonly nth?: number;
  readonly delayMs: number;
  readonly code: string;
  readonly keepLock?: true;
  readonly unlocksFirst: number;
}

function stateOption(): Option {
  return new Option('--state <dir>', 'folder that holds lab.json').makeOptionMandatory();
}

function asFault(kind: string, { at, method, nth, keepLock, ...details }: FaultFlags): Fault {
  return {
    ...(at === undefined ? {} : { at }),
    ...(method === undefined ? {} : { method }),
    ...(nth === undefined ? {} : { nth }),
    effect: asEffect(kind, { ...details, lock: keepLock === true ? 'kept' : 'released' }),
  };
}

const plainEffects = ['lostReply', 'refused', 'saysDone', 'hang', 'html', 'truncated', 'tapFails'] as const;
const effectKinds = ['slow', 'saysFailed', 'domainFails', 'hookFails', ...plainEffects] as const;

interface EffectDetails {
  readonly delayMs: number;
  readonly code: string;
  readonly unlocksFirst: number;
  readonly lock: 'kept' | 'released';
}

function asEffect(kind: string, { delayMs, code, unlocksFirst, lock }: EffectDetails): FaultEffect {
  if (kind === 'slow') return { kind, delayMs };
  if (kind === 'saysFailed') return { kind, code };
  if (kind === 'domainFails') return { kind, lock };
  if (kind === 'hookFails') return { kind, unlocksFirst };
  const plain = plainEffects.find((each) => each === kind);
  if (plain === undefined) throw new Error(`the command line let an effect ${kind} pass`);
  return { kind: plain };
}

function asCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0) throw new InvalidArgumentError('it has to be a whole number');
  return count;
}

function asNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('it has to be a number');
  return number;
}

async function remotely(
  deps: Surroundings,
  state: string,
  act: (remote: RemoteLab) => Promise<void>,
): Promise<void> {
  await speaking(deps, async () => {
    const remote = steerFrom(readSheet(state), deps);
    try {
      await act(remote);
    } finally {
      await remote.close();
    }
  });
}

/** What goes wrong is said in its sentence, without a stack. */
async function speaking(deps: Surroundings, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    deps.complain(`error: ${error instanceof Error ? error.message : String(error)}`);
    deps.setExitCode(1);
  }
}

/** Bugs of the lab's servers, where whoever runs the lab sees them. */
function complainingLog({ complain }: Surroundings): Log {
  const say = (message: string, fields?: LogFields): void => {
    complain(`bug of the lab: ${message} ${String(fields?.['error'] ?? '')}`);
  };
  return { debug: () => {}, info: () => {}, warn: say, error: say };
}
