/**
 * What a machine is, what the pool says of it, what its controller shows, and which machine the controller is really
 * cabled to. Each is set by itself, so that they can contradict each other in every way.
 */
export interface MachineOptions {
  /** The firmware's serial: what pool and controller show where nothing else is set. */
  readonly serial?: string;
  /** The board's serial, which some makers' controllers show as SerialNumber. */
  readonly boardSerial?: string;
  readonly systemUUID?: string;
  readonly pool?: PoolShows;
  readonly controller?: ControllerShows;
  /** A member or an outsider, whose power the controller really reads and cuts; default: the machine itself. */
  readonly cabledTo?: string;
}

/** What the pool's database says of a member. */
export interface PoolShows {
  /** bios_strings system-serial-number. */
  readonly serial?: string;
  /** bios_strings baseboard-serial-number. */
  readonly boardSerial?: string;
  /** host.address. */
  readonly address?: string;
}

/** What a controller says of the machine that it is on, whatever machine that is. */
export interface ControllerShows {
  /** Redfish SerialNumber. */
  readonly serial?: string;
  /** Redfish SKU. */
  readonly sku?: string;
  /** Redfish UUID. */
  readonly systemUUID?: string;
}

/** A machine with power of its own that belongs to no pool; a controller can be cabled to it. */
export interface OutsiderOptions {
  readonly name: string;
  readonly power: 'on' | 'off';
}

export const productNumber = 'KT-2U-LAB';
