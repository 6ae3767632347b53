import type { HttpHandler, HttpRequest } from '../wire/http.ts';
import { createBmc } from './bmc/bmc.ts';
import { createRedfishServer, redfishFaultName } from './bmc/redfishServer.ts';
import type { LabDocument } from './document.ts';
import { machineNamed, memberNamed } from './named.ts';
import { drawScenario } from './scenario.ts';
import type { LabOptions } from './settings.ts';
import { type LabStatus, readStatus } from './status.ts';
import { createSteering, type Steering } from './steering.ts';
import type { HarmfulEffect, Verdict } from './verdict.ts';
import { assemblePool } from './world/assemble.ts';
import { createPower } from './world/power.ts';
import { callDirectly } from './xapi/dispatch.ts';
import { createMemberServer, memberPresence, xapiFaultName } from './xapi/memberServer.ts';
import type { Pool } from './xapi/pool.ts';

export type { BmcBehaviour } from './bmc/behaviours.ts';
export type { LabDocument, LabMember, LabVirtualMachine } from './document.ts';
export type { Fault, FaultEffect } from './faults.ts';
export type { ControllerShows, MachineOptions, OutsiderOptions, PoolShows } from './identities.ts';
export type { Habits, LabOptions, Latencies, Places } from './settings.ts';
export type { LabStatus } from './status.ts';
export type { LinkKind, MigrationPoint, Steering } from './steering.ts';
export type { HarmfulEffect, Verdict, Violation } from './verdict.ts';
export { labCalls } from './xapi/calls.ts';

/**
 * A simulated world: a resource pool of machines with their BMCs, networks and storage, the XAPI toolstack of each member,
 * and an oracle that watches what really happens. It opens no socket and reads no clock but the one it is given.
 */
export interface Lab {
  readonly document: LabDocument;
  /** The servers of the world as the operator's network reaches them: every member's XAPI, every machine's BMC. */
  readonly endpoints: readonly LabEndpoint[];
  readonly steer: Steering;
  verdict(): Verdict;
  status(): LabStatus;
  /** Lab wall time, milliseconds since 1970. */
  wallMs(): number;
  /**
   * Somebody else's call, past network and login: another administrator, another orchestrator. Answers with the
   * result, or throws an Error whose message is XAPI's error code and parameters.
   */
  callAs(caller: string, host: string, method: string, params: readonly unknown[]): Promise<unknown>;
  /** Called in the instant of each harmful act, when the world has just been changed by it. */
  onHarmfulEffect(run: (effect: HarmfulEffect) => void): void;
  /** Called after each change of an endpoint's `presence`. */
  onPresenceChange(run: () => void): void;
  /** Ends the world: its timers are cancelled, its servers are silent. */
  stop(): void;
}

export interface LabEndpoint {
  /** `host-1` or `bmc-1`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly sha256Fingerprint: string;
  readonly handler: HttpHandler;
  /** The `method` of a `Fault` that would strike this request. */
  readonly faultName: (request: Pick<HttpRequest, 'method' | 'path' | 'body'>) => string;
  /**
   * How the operator's connections fare now. `open`: they reach the handler. `silent`: nothing ever comes back (no power,
   * no network). `refused`: the machine is there and nobody listens. The handler itself behaves accordingly too.
   */
  presence(): Presence;
}

export type Presence = 'open' | 'silent' | 'refused';

/** Throws a sentence when the options make no pool. */
export function createLab(options: LabOptions): Lab {
  const document = drawScenario(options);
  const watchers = new Set<() => void>();
  const pool = assemblePool(options, {
    document,
    presenceChanged: () => {
      for (const run of watchers) run();
    },
  });
  const power = createPower(pool);
  const bmcs = pool.members.map(({ identity, machine }, index) => {
    const { cabledTo = machine.name, controller = {} } = options.machines?.[index] ?? {};
    return createBmc({
      pool,
      identity: identity.bmc,
      machine: machineNamed(pool, cabledTo),
      shows: controller,
      power,
    });
  });
  return {
    document,
    endpoints: [
      ...pool.members.map((member): LabEndpoint => {
        const { name, address, fingerprint } = member.identity;
        return {
          name,
          address,
          port: document.port,
          sha256Fingerprint: fingerprint,
          handler: createMemberServer(pool, member),
          faultName: xapiFaultName,
          presence: () => memberPresence(pool, member),
        };
      }),
      ...bmcs.map((bmc): LabEndpoint => {
        const { hostname, port } = new URL(bmc.identity.origin);
        return {
          name: bmc.identity.name,
          address: hostname,
          port: Number(port || '443'),
          sha256Fingerprint: bmc.identity.fingerprint,
          handler: createRedfishServer(pool, bmc),
          faultName: redfishFaultName,
          presence: bmc.presence,
        };
      }),
    ],
    steer: createSteering({ pool, power, bmcs }),
    verdict: pool.oracle.verdict,
    status: () => readStatus(pool, bmcs),
    wallMs: pool.time.lab.wallMs,
    callAs: (caller, host, method, params) => callAs(pool, { caller, host, method, params }),
    onHarmfulEffect: pool.oracle.onHarmfulEffect,
    onPresenceChange: (run) => {
      watchers.add(run);
    },
    stop: pool.time.stop,
  };
}

interface ForeignCall {
  readonly caller: string;
  readonly host: string;
  readonly method: string;
  readonly params: readonly unknown[];
}

async function callAs(pool: Pool, { caller, host, method, params }: ForeignCall): Promise<unknown> {
  const outcome = await callDirectly({ pool, member: memberNamed(pool, host), method, params, caller });
  if (outcome.kind === 'failed') throw new Error(outcome.error.join(' '));
  return JSON.parse(outcome.json);
}
