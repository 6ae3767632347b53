import type { HttpHandler } from '../wire/http.ts';
import type { LabDocument } from './document.ts';
import type { LabStatus } from './status.ts';
import type { Steering } from './steering.ts';
import type { Verdict } from './verdict.ts';

export type { LabDocument, LabMember, LabVirtualMachine } from './document.ts';
export type { Fault, FaultEffect } from './faults.ts';
export type { Habits, LabOptions, Latencies, Places } from './settings.ts';
export type { BmcBehaviour, LinkKind, Steering } from './steering.ts';
export type { HarmfulEffect, Verdict, Violation } from './verdict.ts';

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
  /**
   * How the operator's connections fare now. `open`: they reach the handler. `silent`: nothing ever comes back (no power,
   * no network). `refused`: the machine is there and nobody listens. The handler itself behaves accordingly too.
   */
  presence(): Presence;
}

export type Presence = 'open' | 'silent' | 'refused';
