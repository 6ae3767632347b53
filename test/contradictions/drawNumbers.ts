/** Numbers beside the serial: the board's, the system UUID, and boards that were written with those of another machine. */
import type { MachineOptions } from '../../src/lab/lab.ts';
import type { Frame } from './draw.ts';
import type { Identities } from './drawIdentities.ts';
import type { Declared } from './history.ts';

/** Boards that were changed between two machines and written with the numbers of those that they are in now. */
export function drawTransplants({ members, target, chance: chanceFor }: Frame): Identities {
  const chance = chanceFor('transplants');
  const names = Array.from({ length: members }, (_, index) => `host-${index + 1}`);
  const other = chance.of(names.filter((name) => name !== target));
  const as = (name: string, cabledTo: string): MachineOptions => {
    const systemUUID = systemUUIDOf(name);
    return { systemUUID, cabledTo, controller: { serial: `SN-${numberOf(name)}`, systemUUID } };
  };
  const both = chance.in(0.7);
  return {
    machines: names.map((name) =>
      name === target ? as(target, other) : name === other && both ? as(other, target) : {},
    ),
    outsiders: [],
    hosts: [],
  };
}

/** One Host is declared by other numbers than its serial, or they contradict each other. */
export function drawNumbers({ members, target, chance: chanceFor }: Frame, before: Identities): Identities {
  const chance = chanceFor('numbers');
  const names = Array.from({ length: members }, (_, index) => `host-${index + 1}`);
  const name = chance.in(0.8) ? target : chance.of(names);
  const other = chance.of(names.filter((each) => each !== name));
  const machines = new Map<string, MachineOptions>(
    names.map((each, index) => [each, { systemUUID: systemUUIDOf(each), ...before.machines[index] }]),
  );
  let declared: Declared = before.hosts.find(({ host }) => host === name) ?? { host: name };
  const machine = (of: string, change: MachineOptions): void => {
    machines.set(of, { ...machines.get(of), ...change });
  };
  const shows = (of: string, change: NonNullable<MachineOptions['controller']>): void =>
    machine(of, { controller: { ...machines.get(of)?.controller, ...change } });
  const declare = (change: Partial<Declared>): void => {
    declared = { ...declared, ...change };
  };
  for (let more = chance.whole(1, 3); more > 0; more--) {
    switch (chance.whole(0, 8)) {
      case 0:
        // The controller shows the board's, as Dell's does, and so it is declared.
        shows(name, { serial: `BD-${numberOf(name)}` });
        declare({ boardSerial: `BD-${numberOf(name)}` });
        break;
      case 1:
        declare({ boardSerial: chance.of([`BD-${numberOf(other)}`, '0123456789', `SN-${numberOf(name)}`]) });
        break;
      case 2:
        machine(name, {
          pool: {
            ...machines.get(name)?.pool,
            boardSerial: chance.of([`BD-${numberOf(other)}`, '', 'Not Specified']),
          },
        });
        break;
      case 3:
        declare({ systemUUID: systemUUIDOf(name) });
        break;
      case 4:
        declare({ systemUUID: systemUUIDOf(other) });
        break;
      case 5:
        // Known by its system UUID alone.
        declare({ noSerial: true, systemUUID: systemUUIDOf(chance.in(0.7) ? name : other) });
        break;
      case 6:
        shows(name, { systemUUID: chance.of([systemUUIDOf(other), '', systemUUIDOf(name)]) });
        break;
      case 7:
        shows(name, { serial: '', sku: '' });
        break;
      default:
        machine(name, { cabledTo: other });
    }
  }
  return {
    machines: names.map((each) => machines.get(each) ?? {}),
    outsiders: before.outsiders,
    hosts: [...before.hosts.filter(({ host }) => host !== name), declared],
  };
}

function numberOf(host: string): string {
  return host.slice('host-'.length);
}

export function systemUUIDOf(host: string): string {
  return `00000000-0000-4000-8000-00000000000${numberOf(host)}`;
}
