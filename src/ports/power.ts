import type { Known, Reading } from '../domain/kernel/reading.ts';
import type { MayGo } from './acts.ts';
import type { ActReply } from './hypervisor.ts';

/**
 * One power device of one machine. Reads never reject and may be repeated, also while others are under way; effects are
 * sent at most once, their reply is a hint and the power is read back. Nothing here decides anything.
 */
export interface PowerDevice {
  /** "redfish https://10.0.9.3/redfish/v1/Systems/1": named in certificates and conditions. Two devices of one name are one. */
  readonly name: string;
  /**
   * What the device says now, dated by when it was asked. `other` covers every state that is neither plainly on nor plainly
   * off (PoweringOff, PoweringOn, Paused …): it is never off. What makes the machine this machine is read in the same
   * answer, so that a controller that was moved to another machine is noticed.
   */
  read(deadlineMs: number): Promise<Reading<PowerReading>>;
  /** Whether `off` would be possible, found out by reading alone. */
  cutAbility(deadlineMs: number): Promise<CutAbility>;
  /**
   * Cuts the power at once, without asking the operating system (Redfish ForceOff). The machine is read first; one that
   * is off already is not told again. `failed` is also what the device would refuse for certain. `notSent` is also
   * "busy, later": nothing was begun, and it may be tried again.
   */
  off(deadlineMs: number, cut?: CutOptions): Promise<ActReply>;
  on(deadlineMs: number): Promise<ActReply>;
  close(): void;
}

export interface CutOptions {
  /** Whom the caller judged. Nothing is sent when the machine that is read before the reset shows another identity. */
  readonly judged?: MachineIdentity;
  /** Told what was read before the reset, in time for `mayGo`. */
  readonly onReading?: (reading: Known<PowerReading>) => void;
  readonly mayGo?: MayGo;
}

/** What a machine shows of itself. */
export interface MachineIdentity {
  /** ComputerSystem.SerialNumber, trimmed; '' where the controller does not show it. Some show the board's. */
  readonly serial: string;
  /** ComputerSystem.SKU, trimmed; '' where it is not shown. Dell's is the service tag, others' a product number. */
  readonly sku: string;
  /** ComputerSystem.UUID, trimmed, in lower case; '' where it is not shown. */
  readonly systemUUID: string;
}

export interface PowerReading extends MachineIdentity {
  readonly power: 'on' | 'off' | 'other';
  /** The device's own word for the state. */
  readonly says: string;
}

export type CutAbility =
  | { readonly kind: 'yes' }
  /** It certainly could not; the sentence says what to do. */
  | { readonly kind: 'no'; readonly because: string }
  /** The device does not tell, or did not answer. */
  | { readonly kind: 'unknown'; readonly because: string };

export interface RedfishAccess {
  /** `https://…` without path. */
  readonly origin: string;
  /** Member of the Systems collection; when absent the collection must have exactly one. */
  readonly systemId?: string;
  readonly sha256Fingerprint: string;
  readonly userName: string;
  readonly password: string;
  /** How long one answer may take; `answersWithinMsDefault` when absent. */
  readonly answersWithinMs?: number;
}

/** Controllers are small computers: some seconds are usual where they are busy, and are no sign that they are dead. */
export const answersWithinMsDefault = 10_000;

export type OpenRedfish = (access: RedfishAccess) => PowerDevice;
