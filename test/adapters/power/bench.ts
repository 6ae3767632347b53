import { createRedfish } from '../../../src/adapters/power/redfish.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { PowerDevice, RedfishAccess } from '../../../src/ports/power.ts';
import { createSimulation, type Simulation } from '../../../src/simulation/simulation.ts';
import { bmcPassword, bmcUser, createScriptedBmc, type ScriptedBmc } from './scriptedBmc.ts';

export const origin = 'https://10.0.9.7:443';
const fingerprint = 'cd'.repeat(32);
export const systemPath = '/redfish/v1/Systems/7';
export const resetPath = `${systemPath}/Actions/ComputerSystem.Reset`;

export interface Bench {
  readonly simulation: Simulation;
  /** The operator's. */
  readonly clock: Clock;
  readonly bmc: ScriptedBmc;
  run<T>(program: (device: PowerDevice) => Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
  /** From now on the controller shows another certificate. */
  renewCertificate(): void;
  /** "GET /path" of each request since the last time this was asked. */
  fresh(): readonly string[];
}

export async function bench(access: Partial<RedfishAccess> = {}): Promise<Bench> {
  const simulation = createSimulation({ seed: 1 });
  const bmc = createScriptedBmc({ clock: simulation.clock(simulation.world), offTakesMs: 4_000 });
  let listener = simulation.listen(origin, bmc.handler, { sha256Fingerprint: fingerprint });
  const operator = simulation.spawnOwner('operator');
  const open = createRedfish({ network: simulation.network(operator), clock: simulation.clock(operator) });
  const perform = async <T>(program: () => Promise<T>): Promise<T> => {
    const ended: T[] = [];
    simulation.start(operator, async () => {
      ended.push(await program());
    });
    await simulation.run(() => ended.length > 0);
    return ended[0]!;
  };
  const device = await perform(async () =>
    open({ origin, sha256Fingerprint: fingerprint, userName: bmcUser, password: bmcPassword, ...access }),
  );
  let seen = 0;
  return {
    simulation,
    clock: simulation.clock(operator),
    bmc,
    run: (program) => perform(() => program(device)),
    renewCertificate: () => {
      listener.close();
      listener = simulation.listen(origin, bmc.handler, { sha256Fingerprint: 'ab'.repeat(32) });
    },
    pass: async (ms) => {
      await simulation.run(simulation.nowMs + ms);
    },
    fresh: () => {
      const requests = bmc.seen.slice(seen).map(({ method, path }) => `${method} ${path}`);
      seen = bmc.seen.length;
      return requests;
    },
  };
}
