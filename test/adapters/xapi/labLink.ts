import { createXapi } from '../../../src/adapters/xapi/poolLink.ts';
import { joinSimulation } from '../../../src/lab/inSimulation.ts';
import { createLab, type Lab, type LabOptions } from '../../../src/lab/lab.ts';
import type { PoolAccess, PoolLink } from '../../../src/ports/hypervisor.ts';
import { createSimulation, type Simulation } from '../../../src/simulation/simulation.ts';

/** The adapter and the lab under virtual time. */
export interface LabLink {
  readonly lab: Lab;
  readonly simulation: Simulation;
  /** "host-1 event.from" for each call that left the operator, in order. */
  readonly sent: readonly string[];
  run<T>(program: (link: PoolLink) => Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
  until(condition: () => boolean): Promise<void>;
  belief(): ReturnType<PoolLink['belief']>;
  host(name: string): string;
  hostRef(name: string): string;
}

export function accessOf(lab: Lab): PoolAccess {
  const { poolUUID, port, members } = lab.document;
  return {
    poolUUID,
    port,
    members: members.map(({ hostUUID, name, address, fingerprint, user, password }) => ({
      hostUUID,
      name,
      address,
      sha256Fingerprint: fingerprint,
      userName: user,
      password,
    })),
  };
}

export async function linkToLab(options: Partial<LabOptions> = {}): Promise<LabLink> {
  const sent: string[] = [];
  const simulation = createSimulation({
    seed: options.seed ?? 1,
    interpose: ({ to, body }) => {
      sent.push(`${new URL(to).hostname} ${JSON.parse(body).method}`);
      return 'deliver';
    },
  });
  const clock = simulation.clock(simulation.world);
  const lab = createLab({
    seed: 1,
    members: 4,
    virtualServers: 8,
    localVirtualServers: 2,
    version: '8.3',
    clock,
    ...options,
  });
  joinSimulation(lab, simulation);
  const operator = simulation.spawnOwner('operator');
  const open = createXapi({
    network: simulation.network(operator),
    clock: simulation.clock(operator),
    random: simulation.random('operator'),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  const perform = async <T>(program: () => Promise<T>): Promise<T> => {
    const ended: T[] = [];
    simulation.start(operator, async () => {
      ended.push(await program());
    });
    await simulation.run(() => ended.length > 0);
    return ended[0]!;
  };
  const link = await perform(async () => open(accessOf(lab)));
  const member = (name: string) => lab.document.members.find((each) => each.name === name)!;
  return {
    lab,
    simulation,
    sent,
    run: (program) => perform(() => program(link)),
    pass: async (ms) => {
      await simulation.run(simulation.nowMs + ms);
    },
    until: async (condition) => {
      await simulation.run(condition);
    },
    belief: () => link.belief(),
    host: (name) => member(name).hostUUID,
    hostRef: (name) => member(name).hostRef,
  };
}
