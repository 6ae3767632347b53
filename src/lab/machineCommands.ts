import type { SteerCommand } from './commands.ts';
import type { MigrationPoint, Steering } from './steering.ts';

export const migrationPoints: readonly MigrationPoint[] = ['sourceRuns', 'bothEnds', 'targetRuns'];

/** Carries out what concerns virtual machines and says in one sentence what was done; undefined for other commands. */
export function obeyAboutMachines(steer: Steering, command: SteerCommand): string | undefined {
  const { virtualMachine = '', host = '', state = '' } = command;
  switch (command.verb) {
    case 'migrate':
      steer.migrate(virtualMachine, host, { stopsWhen: oneOf(migrationPoints, state) });
      return `${virtualMachine} is on its way to ${host}, and its migration hangs (${state})`;
    case 'end-migration':
      steer.endMigration(virtualMachine, oneOf(['completes', 'fails'] as const, state));
      return `the migration of ${virtualMachine} ${state === 'fails' ? 'has failed' : 'is complete'}`;
    default:
      return undefined;
  }
}

function oneOf<T extends string>(known: readonly T[], word: string): T {
  const found = known.find((each) => each === word);
  if (found === undefined) throw new Error(`it is one of ${known.join(', ')}; not ${word}`);
  return found;
}
