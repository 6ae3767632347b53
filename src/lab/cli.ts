import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { Log, LogFields } from '../ports/log.ts';
import type { Surroundings } from '../terminal/surroundings.ts';
import { bmcBehaviours } from './bmc/behaviours.ts';
import { type RemoteLab, readSheet, steerFrom } from './remote.ts';
import { describeBehaviours, describeStatus, describeVerdict } from './report.ts';
import type { Habits, XapiVersion } from './settings.ts';
import { labUp } from './up.ts';
import { verbs } from './verbs.ts';

/** Adds `lab` with its subcommands. */
export function labCommand(program: Command, deps: Surroundings): void {
  const lab = program
    .command('lab')
    .description(
      'A simulated pool on this machine: every member speaks XAPI and every BMC speaks Redfish over real TLS sockets, at loopback addresses of their own. Nothing outside this machine is touched.',
    );
  lab.addHelpText('after', () => describeBehaviours(bmcBehaviours));
  addUp(lab, deps);
  addVerbs(lab, deps);
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

function addVerbs(lab: Command, deps: Surroundings): void {
  for (const { name, description, args, rest, options, helpAbout } of verbs) {
    const command = lab.command(name).description(description).addOption(stateOption());
    for (const { name: word, choices } of args) {
      const argument = new Argument(`<${word}>`);
      command.addArgument(choices === undefined ? argument : argument.choices(choices));
    }
    if (rest !== undefined) command.argument(rest);
    for (const { flags, description: about, choices, default: unless } of options) {
      const option = new Option(flags, about).default(unless);
      command.addOption(choices === undefined ? option : option.choices(choices));
    }
    if (helpAbout === 'behaviours') command.addHelpText('after', () => describeBehaviours(bmcBehaviours));
    command.action(async () => {
      const given = command.opts<Record<string, string | true>>();
      const words = Object.fromEntries([
        ...options.flatMap(({ name: word }) => (word in given ? [[word, String(given[word])]] : [])),
        ...args.map(({ name: word }, index) => [word, String(command.args[index])]),
      ]) as Record<string, string>;
      const steering = { verb: name, words, rest: command.args.slice(args.length) };
      await remotely(deps, String(given['state']), async (remote) =>
        deps.print(await remote.steer(steering)),
      );
    });
  }
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

function stateOption(): Option {
  return new Option('--state <dir>', 'folder that holds lab.json').makeOptionMandatory();
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
