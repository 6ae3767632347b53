/**
 * The boundary of every status: what comes from outside (names, words of devices, lists of any length) is cut to what the
 * schema allows, with a sign that it was, so that no record is ever refused for its size. The bounds are those of crds/.
 */
import type { Kind } from '../ports/kubernetes.ts';
import { crds } from './generated/crds.ts';

interface Bounds {
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Bounds;
  readonly properties?: Readonly<Record<string, Bounds>>;
}

/** Where the schema has no bound of its own; names and references are far shorter. */
const longestText = 4096;

const statusBounds: ReadonlyMap<string, Bounds> = new Map(
  crds.map((crd) => {
    const schema = crd.spec.versions[0].schema.openAPIV3Schema as unknown as Bounds;
    return [crd.spec.names.kind, schema.properties?.['status'] ?? {}];
  }),
);

/** The status with every text and list cut to its bound. The same object when nothing had to be. */
export function fitted<T extends object>(kind: Kind, status: T): T {
  return cutTo(status, statusBounds.get(kind.kind) ?? {}) as T;
}

function cutTo(value: unknown, bounds: Bounds): unknown {
  if (typeof value === 'string') return cutText(value, bounds.maxLength ?? longestText);
  if (Array.isArray(value)) return cutList(value, bounds);
  if (typeof value !== 'object' || value === null) return value;
  let changed: Record<string, unknown> | undefined;
  for (const [name, part] of Object.entries(value)) {
    const fits = cutTo(part, bounds.properties?.[name] ?? {});
    if (fits === part) continue;
    changed ??= { ...value };
    changed[name] = fits;
  }
  return changed ?? value;
}

/** The last entry of a list of words tells that some are missing. */
function cutList(values: readonly unknown[], bounds: Bounds): readonly unknown[] {
  const most = bounds.maxItems ?? Number.POSITIVE_INFINITY;
  const kept = values.length > most ? values.slice(0, most) : values;
  const fits = kept.map((value) => cutTo(value, bounds.items ?? {}));
  if (kept !== values && typeof values[most - 1] === 'string') {
    fits[most - 1] = `and ${values.length - most + 1} more`;
  }
  return kept === values && fits.every((value, index) => value === values[index]) ? values : fits;
}

/**
 * A text of at most so many characters, as the API server counts them (code points); where some are missing, the end says
 * how many. Line breaks and other control characters would spoil the table that it is shown in, and half a character
 * would come back as another text.
 */
export function cutText(text: string, most: number): string {
  const clean = controls.test(text) ? text.replaceAll(controlRuns, ' ') : text;
  const whole = clean.isWellFormed() ? clean : clean.toWellFormed();
  if (whole.length <= most) return whole;
  const characters = [...whole];
  if (characters.length <= most) return whole;
  const sign = (missing: number): string => (most < 40 ? '…' : `… (${missing} more characters)`);
  let kept = most - sign(characters.length).length;
  if (kept < 0) kept = 0;
  return `${characters.slice(0, kept).join('')}${sign(characters.length - kept)}`;
}

const controls = /[\p{Cc}\u2028\u2029]/u;
const controlRuns = /[\p{Cc}\u2028\u2029]+/gu;
