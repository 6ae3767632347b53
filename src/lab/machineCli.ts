import { Argument, type Command, Option } from 'commander';
import type { SteerCommand } from './commands.ts';
import { daemonStates, mediaSources, migrationPoints } from './machineCommands.ts';

type Steer = (state: string, command: SteerCommand) => Promise<void>;

interface State {
  readonly state: string;
}

interface BmcShowsFlags {
  readonly serial?: string;
  readonly sku?: string;
  readonly systemUuid?: string;
}

interface PoolShowsFlags {
  readonly serial?: string;
  readonly boardSerial?: string;
  readonly address?: string;
}

/** Only what was given: an option that is missing changes nothing. */
function given(options: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(options).filter((each): each is [string, string] => each[1] !== undefined),
  );
}

/** The commands that move virtual machines, and that do what another administrator would do. */
export function addMachineCommands(lab: Command, steer: Steer, stateOption: () => Option): void {
  lab
    .command('migrate <vm> <host>')
    .description(
      'A live migration begins and hangs: the pool goes on saying that it is under way. It hangs while the virtual machine runs at the source (sourceRuns), while it stands still at both ends and the target waits for the source to be gone (bothEnds), or when it runs at the target already (targetRuns).',
    )
    .addOption(stateOption())
    .addOption(
      new Option('--stops-when <point>', 'how far it comes').choices(migrationPoints).default('sourceRuns'),
    )
    .action(
      (virtualMachine: string, host: string, { state, stopsWhen }: State & { readonly stopsWhen: string }) =>
        steer(state, { verb: 'migrate', virtualMachine, host, state: stopsWhen }),
    );
  lab
    .command('end-migration <vm>')
    .addArgument(new Argument('<how>').choices(['completes', 'fails']))
    .description('A migration that hangs comes to its end.')
    .addOption(stateOption())
    .action((virtualMachine: string, how: string, { state }: State) =>
      steer(state, { verb: 'end-migration', virtualMachine, state: how }),
    );
  addStorageCommands(lab, steer, stateOption);
  lab
    .command('call <method> [params...]')
    .description(
      'Another administrator calls XAPI at the master: call VM.power_state_reset vm:db-01. Parameters are strings, true and false; host:NAME, vm:NAME, disk:VM and sr:NAME stand for references.',
    )
    .addOption(stateOption())
    .action((method: string, params: readonly string[], { state }: State) =>
      steer(state, { verb: 'call', method, params }),
    );
}

function addStorageCommands(lab: Command, steer: Steer, stateOption: () => Option): void {
  const onPlug = (verb: string, description: string): void => {
    lab
      .command(`${verb} <storage> <host>`)
      .description(description)
      .addOption(stateOption())
      .action((storage: string, host: string, { state }: State) => steer(state, { verb, storage, host }));
  };
  onPlug(
    'unplug-storage',
    'A storage repository is no longer plugged on a host, such as iso-library on host-2.',
  );
  onPlug('plug-storage', 'A storage repository is plugged on a host again.');
  lab
    .command('insert-media <vm>')
    .addArgument(new Argument('<from>').choices(mediaSources))
    .description(
      'Lay a CD into the drive of a virtual machine: from the ISO library, or the one in its host.',
    )
    .addOption(stateOption())
    .action((virtualMachine: string, from: string, { state }: State) =>
      steer(state, { verb: 'insert-media', virtualMachine, state: from }),
    );
  lab
    .command('eject-media <vm>')
    .description('Empty the drive of a virtual machine.')
    .addOption(stateOption())
    .action((virtualMachine: string, { state }: State) =>
      steer(state, { verb: 'eject-media', virtualMachine }),
    );
  lab
    .command('statistics-daemon <host>')
    .addArgument(new Argument('<which>').choices(daemonStates))
    .description(
      'The daemon that tells the pool how much memory is free: down, and its last word stands; neverUp, and the pool says 0.',
    )
    .addOption(stateOption())
    .action((host: string, which: string, { state }: State) =>
      steer(state, { verb: 'statistics-daemon', host, state: which }),
    );
  lab
    .command('bmc-shows <host>')
    .description('What the BMC shows otherwise than its machine is; without options it shows what is so.')
    .addOption(stateOption())
    .option('--serial <serial>', 'SerialNumber')
    .option('--sku <sku>', 'SKU')
    .option('--system-uuid <uuid>', 'UUID')
    .action((host: string, { state, serial, sku, systemUuid: systemUUID }: State & BmcShowsFlags) =>
      steer(state, { verb: 'bmc-shows', host, shows: given({ serial, sku, systemUUID }) }),
    );
  lab
    .command('pool-shows <host>')
    .description('What the pool says of a member otherwise than it is; without options it says what is so.')
    .addOption(stateOption())
    .option('--serial <serial>', "the firmware's serial")
    .option('--board-serial <serial>', "the board's serial")
    .option('--address <address>', 'where the pool believes it to be')
    .action((host: string, { state, serial, boardSerial, address }: State & PoolShowsFlags) =>
      steer(state, { verb: 'pool-shows', host, shows: given({ serial, boardSerial, address }) }),
    );
  lab
    .command('label <name> <text>')
    .description(
      'Give a virtual machine or a host another name in the pool; the lab goes on calling it as before.',
    )
    .addOption(stateOption())
    .action((name: string, label: string, { state }: State) => steer(state, { verb: 'label', name, label }));
}
