/** What machines are, what the pool and the controllers show, what people declared, and where the cables lead. */
import type { MachineOptions, OutsiderOptions } from '../../src/lab/lab.ts';
import type { Chance } from './chance.ts';
import type { Frame } from './draw.ts';
import type { Declared } from './history.ts';

export interface Identities {
  readonly machines: readonly MachineOptions[];
  readonly outsiders: readonly OutsiderOptions[];
  readonly hosts: readonly Declared[];
}

const placeholders = ['0123456789', 'To be filled by O.E.M.', 'Not Specified', 'Default string'];

export function drawIdentities({ members, target, chance: chanceFor }: Frame): Identities {
  const chance = chanceFor('identity');
  const names = Array.from({ length: members }, (_, index) => `host-${index + 1}`);
  const outsiders: readonly OutsiderOptions[] = chance.in(0.5)
    ? [{ name: 'spare', power: chance.in(0.6) ? 'off' : 'on' }]
    : [];
  const machines = new Map<string, MachineOptions>();
  const declared = new Map<string, Declared>();
  const machine = (name: string, change: MachineOptions): void => {
    machines.set(name, { ...machines.get(name), ...change });
  };
  const declare = (name: string, change: Partial<Declared>): void => {
    declared.set(name, { host: name, ...declared.get(name), ...change });
  };
  const parts = { chance, names, target, outsiders, machine, declare, machines };

  if (chance.in(0.35)) sameSerialEverywhere(parts);
  if (chance.in(0.5)) crossCables(parts);
  if (chance.in(0.3)) takeForAnother(parts);
  for (
    let more = chance.weighed([
      [5, 0],
      [4, 1],
      [2, 2],
    ]);
    more > 0;
    more--
  )
    contradict(parts);
  return {
    machines: names.map((name) => machines.get(name) ?? {}),
    outsiders,
    hosts: [...declared.values()],
  };
}

interface Parts {
  readonly chance: Chance;
  readonly names: readonly string[];
  readonly target: string;
  readonly outsiders: readonly OutsiderOptions[];
  readonly machine: (name: string, change: MachineOptions) => void;
  readonly declare: (name: string, change: Partial<Declared>) => void;
  readonly machines: ReadonlyMap<string, MachineOptions>;
}

/** A maker that never filled the serial in, or filled in the same one; people declared what they read. */
function sameSerialEverywhere({ chance, names, machine, declare }: Parts): void {
  const serial = chance.in(0.7) ? chance.of(placeholders) : 'SN-SAME';
  for (const name of names) {
    machine(name, { serial, boardSerial: serial });
    declare(name, { serial });
  }
}

/** Cables that lead elsewhere: swapped between two members, or to a machine outside the pool. */
function crossCables({ chance, names, target, outsiders, machine }: Parts): void {
  const one = chance.in(0.75) ? target : chance.of(names);
  const others = [...names.filter((name) => name !== one), ...outsiders.flatMap(({ name }) => [name, name])];
  const other = chance.of(others);
  machine(one, { cabledTo: other });
  if (names.includes(other) && chance.in(0.7)) machine(other, { cabledTo: one });
}

/** One line too far in the list of machines: serial and controller of another one, both as that one shows them. */
function takeForAnother({ chance, names, target, outsiders, machine, declare }: Parts): void {
  const name = chance.in(0.85) ? target : chance.of(names);
  const [spare] = outsiders;
  if (spare !== undefined && chance.in(0.7)) {
    machine(name, { cabledTo: spare.name, controller: { serial: 'SN-9' } });
    declare(name, { serial: 'SN-9' });
    return;
  }
  const other = chance.of(names.filter((each) => each !== name));
  declare(name, { controllerOf: other, serial: `SN-${other.slice('host-'.length)}` });
}

function contradict(parts: Parts): void {
  const { chance, names, target, machine, machines, declare } = parts;
  const name = chance.in(0.7) ? target : chance.of(names);
  const other = chance.of(names.filter((each) => each !== name));
  const number = (host: string): string => host.slice('host-'.length);
  const before = machines.get(name) ?? {};
  const odd = [
    '',
    'Not Specified',
    '0123456789',
    `SN-${number(other)}`,
    'S'.repeat(300),
    `SN-${number(name)}`,
  ];
  switch (chance.whole(0, 11)) {
    case 0:
      declare(name, { serial: `SN-${number(other)}` });
      break;
    case 1:
      declare(name, { controllerOf: other });
      break;
    case 2:
      declare(name, { controllerOf: other, serial: `SN-${number(other)}` });
      break;
    case 3:
      // Serial and controller of a machine that is none of the pool's, both as declared.
      machine(name, { controller: { ...before.controller, serial: 'SN-9' } });
      declare(name, { serial: 'SN-9' });
      break;
    case 4:
      machine(name, { pool: { ...before.pool, serial: chance.of(odd) } });
      break;
    case 5:
      machine(name, { controller: { ...before.controller, serial: chance.of(odd) } });
      break;
    case 6:
      machine(name, {
        controller: { ...before.controller, serial: `BD-${number(name)}`, sku: `SN-${number(name)}` },
      });
      break;
    case 7:
      // Two members at each other's addresses, as the pool tells.
      machine(name, { pool: { ...before.pool, address: `10.77.0.${number(other)}` } });
      machine(other, { pool: { ...machines.get(other)?.pool, address: `10.77.0.${number(name)}` } });
      break;
    case 8:
      declare(name, { rungs: chance.of(['redfish', 'attestation', 'none']) });
      break;
    case 9:
      machine(name, { systemUUID: '00000000-0000-0000-0000-000000000000' });
      machine(other, { systemUUID: '00000000-0000-0000-0000-000000000000' });
      break;
    case 10:
      declare(name, { addressOf: other });
      break;
    default:
      // A controller that was copied from another board, with all that it shows.
      machine(other, { controller: { ...machines.get(other)?.controller, serial: `SN-${number(name)}` } });
  }
}
