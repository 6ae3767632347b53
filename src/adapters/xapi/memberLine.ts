import type { Dispatcher } from 'undici';
import type { Clock } from '../../ports/clock.ts';
import type { MemberAccess } from '../../ports/hypervisor.ts';
import type { Network } from '../../ports/network.ts';
import { TransportError } from '../network/transportError.ts';
import type { CallPath } from './jsonRpc.ts';

/**
 * The connections to one member, always at its own configured address and under its own pinned certificate. Three
 * sets, so that nothing waits behind something else: a long poll never holds up a call, and a probe ("are you there?")
 * is never taken for silence because calls were queued before it.
 */
export interface MemberLine {
  /** As it was last declared; address, certificate and account are those that the line was opened with. */
  readonly member: MemberAccess;
  /** "host-1 (10.0.0.11)": the member in sentences. */
  readonly label: string;
  readonly calls: CallPath;
  readonly probes: CallPath;
  readonly events: CallPath;
  /** Takes over a declaration that leads to the same place. */
  rename(member: MemberAccess): void;
  close(): void;
}

/** Whether both are reached in the same way; what a member is called does not matter. */
export function sameWay(one: MemberAccess, other: MemberAccess): boolean {
  return (
    one.hostUUID === other.hostUUID &&
    one.address === other.address &&
    one.sha256Fingerprint === other.sha256Fingerprint &&
    one.userName === other.userName &&
    one.password === other.password
  );
}

const connectionsFor = { calls: 8, probes: 2, events: 2 } as const;

export function createMemberLine(options: {
  readonly network: Network;
  readonly clock: Clock;
  readonly member: MemberAccess;
  readonly port: number;
}): MemberLine {
  const { network, clock, port } = options;
  let { member } = options;
  const host = member.address.includes(':') ? `[${member.address}]` : member.address;
  const opened: Dispatcher[] = [];
  const open = (connections: number): CallPath => {
    const origin = `https://${host}:${port}`;
    const trust = { kind: 'pin', sha256Fingerprint: member.sha256Fingerprint } as const;
    try {
      const dispatcher = network.open({ origin, trust, connections });
      opened.push(dispatcher);
      return { dispatcher, clock };
    } catch (error) {
      // What cannot be opened at all (a fingerprint that is none) is told with each call, like any other trouble.
      if (error instanceof TransportError) return { dispatcher: error, clock };
      throw error;
    }
  };
  return {
    get member() {
      return member;
    },
    get label() {
      return `${member.name} (${member.address})`;
    },
    calls: open(connectionsFor.calls),
    probes: open(connectionsFor.probes),
    events: open(connectionsFor.events),
    rename: (renamed) => {
      member = renamed;
    },
    close: () => {
      for (const dispatcher of opened) dispatcher.destroy().catch(() => {});
    },
  };
}
