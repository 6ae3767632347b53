import type { Reading } from '../domain/reading.ts';
import type { EffectReply } from './hypervisor.ts';

/**
 * One power device of one machine. Reads never reject and may be repeated; effects are sent at most once, their
 * reply is a hint and the power is read back. Nothing here decides anything.
 */
export interface PowerDevice {
  /** "redfish https://10.0.9.3/redfish/v1/Systems/1": named in certificates and conditions. */
  readonly name: string;
  /**
   * What the device says now. `other` covers every state that is neither plainly on nor plainly off (PoweringOff,
   * PoweringOn, Paused …): it is never off. What makes the machine this machine is read in the same answer, so
   * that a controller that was moved to another machine is noticed.
   */
  read(deadlineMs: number): Promise<Reading<PowerReading>>;
  /** Cuts the power at once, without asking the operating system (Redfish ForceOff). */
  off(deadlineMs: number): Promise<EffectReply>;
  on(deadlineMs: number): Promise<EffectReply>;
  close(): void;
}

export interface PowerReading {
  readonly power: 'on' | 'off' | 'other';
  /** The device's own word for the state. */
  readonly says: string;
  /** ComputerSystem.SerialNumber, trimmed; '' where the controller does not show it. Some show the board's. */
  readonly serial: string;
  /** ComputerSystem.SKU, trimmed; '' where it is not shown. Dell's is the service tag, others' a product number. */
  readonly sku: string;
  /** ComputerSystem.UUID, trimmed, in lower case; '' where it is not shown. */
  readonly systemUUID: string;
}

export interface RedfishAccess {
  /** `https://…` without path. */
  readonly origin: string;
  /** Member of the Systems collection; when absent the collection must have exactly one. */
  readonly systemId?: string;
  readonly sha256Fingerprint: string;
  readonly userName: string;
  readonly password: string;
}

export type OpenRedfish = (access: RedfishAccess) => PowerDevice;
