import { Argument, type Command, Option } from 'commander';
import type { SteerCommand } from './commands.ts';
import { migrationPoints } from './machineCommands.ts';

type Steer = (state: string, command: SteerCommand) => Promise<void>;

interface State {
  readonly state: string;
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
