/** What people declare of a machine, what its controller shows of it, and how such values are compared and quoted. */
import { isPlaceholder } from './placeholders.ts';

/** What a Host declares about its machine. */
export interface DeclaredIdentity {
  readonly name: string;
  readonly hostUUID: string;
  readonly address: string;
  readonly serial: string | undefined;
  readonly boardSerial: string | undefined;
  readonly systemUUID: string | undefined;
  readonly controllers: readonly DeclaredController[];
}

export interface DeclaredController {
  readonly url: string;
  /** Undefined where the controller has only one system. */
  readonly systemId: string | undefined;
}

/** What a power controller shows of the machine that it belongs to; empty where it shows nothing. */
export interface ShownIdentity {
  readonly device: string;
  readonly serial: string;
  readonly sku: string;
  readonly systemUUID: string;
}

type DeclaredValues = readonly (readonly [string, string])[];

export function declaredValues(host: DeclaredIdentity): DeclaredValues {
  const known = valuesOf.get(host);
  if (known !== undefined) return known;
  const values: [string, string][] = [];
  for (const field of ['serial', 'boardSerial', 'systemUUID'] as const) {
    const value = host[field];
    if (value !== undefined) values.push([field, value]);
  }
  valuesOf.set(host, values);
  return values;
}

/** What a Host declares does not change, and it is asked for at each look. */
const valuesOf = new WeakMap<DeclaredIdentity, DeclaredValues>();

export function isDeclared(declared: DeclaredIdentity, value: string): boolean {
  return declaredValues(declared).some(([, own]) => sameText(own, value));
}

/** A serial or system UUID that is there, and that no maker leaves on every board. */
export function isUsable(value: string): boolean {
  return value.trim() !== '' && !isPlaceholder(value);
}

export function sameText(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

export function whatItShows({ serial, sku, systemUUID }: ShownIdentity): string {
  const parts = [
    serial === '' ? 'no serial' : `the serial ${quoted(serial)}`,
    ...(sku === '' ? [] : [`the SKU ${quoted(sku)}`]),
    ...(systemUUID === '' ? [] : [`the system UUID ${systemUUID}`]),
  ];
  return parts.join(', ');
}

export function whatIsDeclared(declared: DeclaredIdentity): string {
  const values = declaredValues(declared).map(([field, value]) => `${field} ${quoted(value)}`);
  return values.length === 0 ? 'no serial' : values.join(', ');
}

/** Texts from outside in a sentence: short, on one line. */
export function quoted(text: string): string {
  const line = [...text.replaceAll(/\s+/g, ' ')];
  return line.length > 64 ? `${line.slice(0, 63).join('')}…` : line.join('');
}
