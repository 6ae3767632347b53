import type { PowerReading } from '../../ports/power.ts';
import { asResource, pathOn, type Resource } from './redfishLinks.ts';

/**
 * What is read of a ComputerSystem resource (DMTF DSP0268): its power, whose it is, and what it may be asked to do.
 */
export function powerReading(system: Resource): PowerReading | undefined {
  const state = system['PowerState'];
  if (typeof state !== 'string' || state === '') return undefined;
  return {
    power: state === 'On' ? 'on' : state === 'Off' ? 'off' : 'other',
    says: state,
    serial: shown(system['SerialNumber']),
    sku: shown(system['SKU']),
    systemUUID: shown(system['UUID']).toLowerCase(),
  };
}

/** Controllers show null, a word or nothing for what they do not know, and pad what they do. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

export interface ResetAction {
  readonly target: string;
  /** Undefined when the controller does not say here; an empty list says nothing. */
  readonly allowed: readonly string[] | undefined;
  /** Where to ask, when it says so elsewhere (@Redfish.ActionInfo). */
  readonly infoPath: string | undefined;
}

/** Undefined when the system has no reset action on this origin. */
export function resetAction(origin: string, system: Resource): ResetAction | undefined {
  const action = asResource(asResource(system['Actions'])?.['#ComputerSystem.Reset']);
  const target = pathOn(origin, action?.['target']);
  if (action === undefined || target === undefined) return undefined;
  return {
    target,
    allowed: texts(action['ResetType@Redfish.AllowableValues']),
    infoPath: pathOn(origin, action['@Redfish.ActionInfo']),
  };
}

/** The allowed reset types in an ActionInfo resource. */
export function allowedIn(info: Resource): readonly string[] | undefined {
  const { Parameters: parameters } = info;
  if (!Array.isArray(parameters)) return undefined;
  const resetType = parameters.map(asResource).find((parameter) => parameter?.['Name'] === 'ResetType');
  return texts(resetType?.['AllowableValues']);
}

/** The words in a list; undefined where there are none. */
export function texts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const words = value.filter((each) => typeof each === 'string');
  return words.length === 0 ? undefined : words;
}
