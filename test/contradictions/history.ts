/**
 * One history of a world that may contradict itself: what is declared, what the pool says, what controllers show, what is
 * physically so, and what happens when. Plain data, so that it can be drawn, shrunk, printed and played again.
 */
import type {
  BmcBehaviour,
  ControllerShows,
  Fault,
  Habits,
  LinkKind,
  MachineOptions,
  MigrationPoint,
  OutsiderOptions,
} from '../../src/lab/lab.ts';

export interface History {
  readonly seed: number;
  readonly members: number;
  readonly virtualServers: number;
  readonly sharedStorage?: number;
  /** Waits as long as the real product's, and not as short as the other histories'. */
  readonly slowMaster?: true;
  readonly localVirtualServers: number;
  readonly version: '8.2' | '8.3';
  readonly habits?: Partial<Habits>;
  readonly memberTimeoutSeconds: number;
  /** How many members the Pool lets fail at the same time; 1 where nothing is said. */
  readonly failedMembers?: number;
  /** Of host-1, host-2 … Serials are SN-1, SN-2 …, and BD-1, BD-2 … on the boards, where nothing else is said. */
  readonly machines: readonly MachineOptions[];
  readonly outsiders: readonly OutsiderOptions[];
  /** What is declared otherwise than the lab's own manifests say. */
  readonly hosts: readonly Declared[];
  /** By place in the lab's list of virtual machines: not Running. */
  readonly servers: Readonly<Record<string, ServerState>>;
  readonly events: readonly HistoryEvent[];
}

export type ServerState = 'Running' | 'Halted' | 'Unmanaged';

export interface Declared {
  readonly host: string;
  readonly serial?: string;
  readonly noSerial?: true;
  readonly boardSerial?: string;
  readonly systemUUID?: string;
  /** The member whose controller's address is declared for this host. */
  readonly controllerOf?: string;
  /** The member whose address and certificate are declared for this host. */
  readonly addressOf?: string;
  readonly rungs?: 'redfish' | 'attestation' | 'none';
  readonly state?: 'Maintenance';
  /** It was removed; it can be declared again. */
  readonly undeclared?: true;
}

export type HistoryEvent = Timed & Deed;

/** At a moment, in seconds from the start; or in the instant in which the operator sends the n-th request so labelled. */
export type Timed = { readonly at: number } | { readonly on: string; readonly nth: number };

export type Deed =
  | { readonly do: 'cut' | 'mend'; readonly a: string; readonly b: string; readonly kind: LinkKind }
  | { readonly do: 'heal' }
  | { readonly do: 'unplug' | 'plug' | 'press'; readonly machine: string }
  | { readonly do: 'controller'; readonly host: string; readonly is: readonly BmcBehaviour[] }
  | { readonly do: 'cable'; readonly host: string; readonly to: string }
  | { readonly do: 'shows'; readonly host: string; readonly shows: ControllerShows }
  | { readonly do: 'secondMaster'; readonly host: string; readonly is: 'on' | 'off' }
  /** A person states, on the Host, that the controller was dealt with now. */
  | { readonly do: 'checked'; readonly host: string }
  | { readonly do: 'toolstack'; readonly host: string; readonly is: 'crash' | 'restart' }
  /** `of` is the operator or a host. */
  | { readonly do: 'clock'; readonly of: string; readonly bySeconds: number }
  | { readonly do: 'operator'; readonly is: 'killed' | 'started' }
  | {
      readonly do: 'request';
      readonly name: string;
      readonly host: string;
      readonly mode: 'Plan' | 'Execute';
    }
  | { readonly do: 'deleteRequest' | 'cancel'; readonly name: string }
  /** A person's word, in the request, that a host has no power; `dated` seconds from when it is given. */
  | {
      readonly do: 'word';
      readonly request: string;
      readonly about: string;
      readonly dated: number;
      readonly validFor: number;
    }
  | { readonly do: 'declareServer'; readonly index: number; readonly is: 'Running' | 'Halted' }
  | { readonly do: 'declareHost'; readonly host: string; readonly is: 'InService' | 'Maintenance' }
  | { readonly do: 'declareSerial'; readonly host: string; readonly serial: string }
  | { readonly do: 'removeHost' | 'addHost'; readonly host: string }
  | { readonly do: 'pool'; readonly is: 'paused' | 'resumed' | 'highAvailability' | 'noHighAvailability' }
  | {
      readonly do: 'byHand';
      readonly call: 'declareDead' | 'resetPowerState' | 'shutDown';
      readonly host: string;
    }
  /** A live migration that hangs on its way; `index` is the machine's place in the lab's list. */
  | {
      readonly do: 'migrate';
      readonly index: number;
      readonly to: string;
      readonly stopsWhen: MigrationPoint;
    }
  | { readonly do: 'endMigration'; readonly index: number; readonly how: 'completes' | 'fails' }
  | { readonly do: 'media'; readonly index: number; readonly from: 'isoLibrary' | 'hostDrive' | 'ejected' }
  | { readonly do: 'unplugStorage'; readonly storage: string; readonly host: string }
  | { readonly do: 'statistics'; readonly host: string; readonly state: 'up' | 'down' | 'neverUp' }
  | { readonly do: 'fault'; readonly fault: Fault }
  | { readonly do: 'clearFaults' }
  /** The request whose sending it waits for goes wrong on its way. */
  | { readonly do: 'strike'; readonly how: Strike };

export type Strike = 'crashBefore' | 'crashAfter' | 'replyLost' | 'replyReset' | 'requestLost' | 'late';
