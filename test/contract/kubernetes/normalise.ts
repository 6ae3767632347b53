import { hostUUID, poolUUID, vmUUID } from '../../cluster/samples.ts';

const constantUuids = new Set([hostUUID, poolUUID, vmUUID]);
const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/**
 * Takes out of an answer what differs from run to run: ids, versions, times, ages, the width of columns, and the order of
 * several faults (the real server finds them by walking over Go maps).
 */
export function normalise(text: string, origin: string): string {
  return (
    text
      .replaceAll(origin, '<origin>')
      // What kubectl's own reflector logs when its deadline meets the end of a watch, depending on which comes first.
      .replaceAll(/^[IWEF]\d{4} \d\d:\d\d:.*\n/gm, '')
      .replaceAll(uuid, (found) => (constantUuids.has(found) ? found : '<uid>'))
      .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
      .replaceAll(/(Creation Timestamp|Deletion Timestamp): .*/g, '$1: <time>')
      .replaceAll(/((?:resourceVersion|continue)["']?(?:=|:\s*)["']?)[^"'&,\s}]+/g, '$1<version>')
      .replaceAll(/(Resource Version:\s+)\d+/g, '$1<version>')
      .replaceAll(/\b(\d+[smh])+\b/g, '<age>')
      .replaceAll('<invalid>', '<age>')
      .replaceAll(/ +/g, ' ')
      .replaceAll(/ +$/gm, '')
      .replaceAll(/(?:^\* .*\n)+/gm, (faults) => [...new Set(faults.split('\n'))].toSorted(byText).join('\n'))
  );
}

/**
 * The same for a JSON body. `managedFields` goes too: only server-side apply needs it, and not every server serves that.
 * So do the hash by which real servers coordinate their storage, the empty `continue` that stands for none, and the order of
 * the kinds in discovery, which is that in which they happened to be established.
 */
export function normaliseJson(value: unknown): string {
  const plain = JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'managedFields' || key === 'storageVersionHash') return undefined;
    if (key === 'continue' && inner === '') return undefined;
    return isObject(inner)
      ? sorted(hasSeveralFaults(inner) ? { ...inner, message: '<all causes>' } : inner)
      : inner;
  });
  return normalise(plain, '\0');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The message of such a Status repeats its causes in their order. */
function hasSeveralFaults({ kind, details }: Readonly<Record<string, unknown>>): boolean {
  return (
    kind === 'Status' && isObject(details) && Array.isArray(details['causes']) && details['causes'].length > 1
  );
}

/** By key; and what the API keeps in no order, by its text: the causes of a Status, each once, and the kinds of a group. */
function sorted(object: Readonly<Record<string, unknown>>): unknown {
  const kinds = object['kind'] === 'APIResourceList' ? 'resources' : undefined;
  const entries = Object.entries(object).toSorted(([a], [b]) => byText(a, b));
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      (key === 'causes' || key === kinds) && Array.isArray(value) ? eachOnce(value) : value,
    ]),
  );
}

function eachOnce(parts: readonly unknown[]): readonly unknown[] {
  const texts = new Map(parts.map((part) => [JSON.stringify(part), part]));
  return [...texts].toSorted(([a], [b]) => byText(a, b)).map(([, part]) => part);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
