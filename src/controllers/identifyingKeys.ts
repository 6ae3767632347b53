import type { Host } from '../api/generated/types.ts';

/** What a Host is declared by, so that those that share something are found without a look at all of them. */
export function identifyingKeys(host: Host): readonly string[] {
  const known = keysOfHost.get(host);
  if (known !== undefined) return known;
  const { hostUUID, address, serial, boardSerial, systemUUID, power = [] } = host.spec;
  const keys = [
    keyOfHostUUID(hostUUID),
    ...numberKeys([serial, boardSerial, systemUUID]),
    `address ${comparable(address)}`,
    ...power.flatMap(({ redfish }) =>
      redfish === undefined ? [] : [`controller ${comparable(originOfController(redfish))}`],
    ),
  ];
  keysOfHost.set(host, keys);
  return keys;
}

/** Cached objects are never changed, only replaced; each is looked at many times. */
const keysOfHost = new WeakMap<Host, readonly string[]>();

export function keyOfHostUUID(hostUUID: string): string {
  return `hostUUID ${hostUUID}`;
}

/** Serials and UUIDs are one space: what one Host gives as its serial may be shown as the SKU or the UUID of another. */
export function numberKeys(numbers: readonly (string | undefined)[]): readonly string[] {
  return numbers.flatMap((number) => (number === undefined ? [] : [`number ${comparable(number)}`]));
}

function comparable(text: string): string {
  return text.trim().toLowerCase();
}

export type Redfish = NonNullable<NonNullable<Host['spec']['power']>[number]['redfish']>;

/** Two ways to write one address are one address; what is none stays as it is written. */
export function originOfController(redfish: Redfish): string {
  const known = origins.get(redfish);
  if (known !== undefined) return known;
  const origin = URL.canParse(redfish.url) ? new URL(redfish.url).origin : redfish.url;
  origins.set(redfish, origin);
  return origin;
}

const origins = new WeakMap<Redfish, string>();
