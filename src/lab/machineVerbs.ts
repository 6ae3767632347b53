/** The commands that move virtual machines, change storage, and let controllers and pool show what is not so. */
import type { MigrationPoint } from './steering.ts';
import { oneOf, type Verb, verb } from './verb.ts';

const migrationPoints: readonly MigrationPoint[] = ['sourceRuns', 'bothEnds', 'targetRuns'];
const migrationEnds = ['completes', 'fails'] as const;
const mediaSources = ['isoLibrary', 'hostDrive'] as const;
const daemonStates = ['up', 'down', 'neverUp'] as const;

export const machineVerbs: readonly Verb[] = [
  verb({
    name: 'migrate',
    description:
      'A live migration begins and hangs: the pool goes on saying that it is under way. It hangs while the virtual machine runs at the source (sourceRuns), while it stands still at both ends and the target waits for the source to be gone (bothEnds), or when it runs at the target already (targetRuns).',
    args: ['vm', 'host'],
    options: [
      {
        name: 'stopsWhen',
        flags: '--stops-when <point>',
        description: 'how far it comes',
        choices: migrationPoints,
        default: 'sourceRuns',
      },
    ],
    run: ({ steer }, { vm, host, stopsWhen = '' }) => {
      steer.migrate(vm, host, { stopsWhen: oneOf(migrationPoints, stopsWhen) });
      return `${vm} is on its way to ${host}, and its migration hangs (${stopsWhen})`;
    },
  }),
  verb({
    name: 'end-migration',
    description: 'A migration that hangs comes to its end.',
    args: ['vm', { name: 'how', choices: migrationEnds }],
    run: ({ steer }, { vm, how }) => {
      steer.endMigration(vm, oneOf(migrationEnds, how));
      return `the migration of ${vm} ${how === 'fails' ? 'has failed' : 'is complete'}`;
    },
  }),
  verb({
    name: 'unplug-storage',
    description: 'A storage repository is no longer plugged on a host, such as iso-library on host-2.',
    args: ['storage', 'host'],
    run: ({ steer }, { storage, host }) => {
      steer.unplugStorage(storage, host);
      return `${storage} is not plugged on ${host} any more`;
    },
  }),
  verb({
    name: 'plug-storage',
    description: 'A storage repository is plugged on a host again.',
    args: ['storage', 'host'],
    run: ({ steer }, { storage, host }) => {
      steer.plugStorage(storage, host);
      return `${storage} is plugged on ${host}`;
    },
  }),
  verb({
    name: 'insert-media',
    description:
      'Lay a CD into the drive of a virtual machine: from the ISO library, or the one in its host.',
    args: ['vm', { name: 'from', choices: mediaSources }],
    run: ({ steer }, { vm, from }) => {
      steer.insertMedia(vm, oneOf(mediaSources, from));
      return `a medium (${from}) lies in the drive of ${vm}`;
    },
  }),
  verb({
    name: 'eject-media',
    description: 'Empty the drive of a virtual machine.',
    args: ['vm'],
    run: ({ steer }, { vm }) => {
      steer.ejectMedia(vm);
      return `the drive of ${vm} is empty`;
    },
  }),
  verb({
    name: 'statistics-daemon',
    description:
      'The daemon that tells the pool how much memory is free: down, and its last word stands; neverUp, and the pool says 0.',
    args: ['host', { name: 'state', choices: daemonStates }],
    run: ({ steer }, { host, state }) => {
      steer.statisticsDaemon(host, oneOf(daemonStates, state));
      return `the statistics daemon of ${host}: ${state}`;
    },
  }),
  verb({
    name: 'bmc-shows',
    description: 'What the BMC shows otherwise than its machine is; without options it shows what is so.',
    args: ['host'],
    options: [
      { name: 'serial', flags: '--serial <serial>', description: 'SerialNumber' },
      { name: 'sku', flags: '--sku <sku>', description: 'SKU' },
      { name: 'systemUuid', flags: '--system-uuid <uuid>', description: 'UUID' },
    ],
    run: ({ steer }, { host, serial, sku, systemUuid: systemUUID }) => {
      const shows = given({ serial, sku, systemUUID });
      steer.showOnBmc(host, shows);
      return `the BMC of ${host} shows ${inWords(shows)}`;
    },
  }),
  verb({
    name: 'pool-shows',
    description: 'What the pool says of a member otherwise than it is; without options it says what is so.',
    args: ['host'],
    options: [
      { name: 'serial', flags: '--serial <serial>', description: "the firmware's serial" },
      { name: 'boardSerial', flags: '--board-serial <serial>', description: "the board's serial" },
      { name: 'address', flags: '--address <address>', description: 'where the pool believes it to be' },
    ],
    run: ({ steer }, { host, serial, boardSerial, address }) => {
      const shows = given({ serial, boardSerial, address });
      steer.showInPool(host, shows);
      return `the pool shows of ${host} ${inWords(shows)}`;
    },
  }),
  verb({
    name: 'label',
    description:
      'Give a virtual machine or a host another name in the pool; the lab goes on calling it as before.',
    args: ['name', 'text'],
    run: ({ steer }, { name, text }) => {
      steer.label(name, text);
      return `the pool calls ${name} by its new name`;
    },
  }),
];

/** Only what was given: an option that is missing changes nothing. */
function given(options: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(options).filter((each): each is [string, string] => each[1] !== undefined),
  );
}

function inWords(shows: Readonly<Record<string, string>>): string {
  const told = Object.entries(shows).map(([what, value]) => `${what} "${value}"`);
  return told.length === 0 ? 'what is so' : told.join(', ');
}
