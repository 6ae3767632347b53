import type { SteerCommand } from './commands.ts';
import type { MigrationPoint, Steering } from './steering.ts';

export const migrationPoints: readonly MigrationPoint[] = ['sourceRuns', 'bothEnds', 'targetRuns'];

export const mediaSources = ['isoLibrary', 'hostDrive'] as const;
export const daemonStates = ['up', 'down', 'neverUp'] as const;

/** Carries out what concerns virtual machines and says in one sentence what was done; undefined for other commands. */
export function obeyAboutMachines(steer: Steering, command: SteerCommand): string | undefined {
  const { virtualMachine = '', host = '', storage = '', state = '' } = command;
  switch (command.verb) {
    case 'migrate':
      steer.migrate(virtualMachine, host, { stopsWhen: oneOf(migrationPoints, state) });
      return `${virtualMachine} is on its way to ${host}, and its migration hangs (${state})`;
    case 'end-migration':
      steer.endMigration(virtualMachine, oneOf(['completes', 'fails'] as const, state));
      return `the migration of ${virtualMachine} ${state === 'fails' ? 'has failed' : 'is complete'}`;
    case 'plug-storage':
      steer.plugStorage(storage, host);
      return `${storage} is plugged on ${host}`;
    case 'unplug-storage':
      steer.unplugStorage(storage, host);
      return `${storage} is not plugged on ${host} any more`;
    case 'insert-media':
      steer.insertMedia(virtualMachine, oneOf(mediaSources, state));
      return `a medium (${state}) lies in the drive of ${virtualMachine}`;
    case 'eject-media':
      steer.ejectMedia(virtualMachine);
      return `the drive of ${virtualMachine} is empty`;
    case 'statistics-daemon':
      steer.statisticsDaemon(host, oneOf(daemonStates, state));
      return `the statistics daemon of ${host}: ${state}`;
    case 'bmc-shows':
      steer.showOnBmc(host, command.shows ?? {});
      return `the BMC of ${host} shows ${describeShows(command)}`;
    case 'pool-shows':
      steer.showInPool(host, command.shows ?? {});
      return `the pool shows of ${host} ${describeShows(command)}`;
    case 'label':
      steer.label(command.name ?? '', command.label ?? '');
      return `the pool calls ${command.name} by its new name`;
    default:
      return undefined;
  }
}

function describeShows({ shows = {} }: SteerCommand): string {
  const told = Object.entries(shows).map(([what, value]) => `${what} "${value}"`);
  return told.length === 0 ? 'what is so' : told.join(', ');
}

function oneOf<T extends string>(known: readonly T[], word: string): T {
  const found = known.find((each) => each === word);
  if (found === undefined) throw new Error(`it is one of ${known.join(', ')}; not ${word}`);
  return found;
}
