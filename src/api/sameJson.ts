/** Whether two JSON values say the same. The order of keys does not matter; a key that is undefined is absent. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((value, index) => sameJson(value, other[index]));
  }
  return sameEntries(one as Entries, other as Entries);
}

type Entries = Readonly<Record<string, unknown>>;

/** Goes over keys and makes no lists of entries: the cache compares every object that it is told of. */
function sameEntries(one: Entries, other: Entries): boolean {
  let present = 0;
  for (const key of Object.keys(one)) {
    if (one[key] === undefined) continue;
    present += 1;
    if (!Object.hasOwn(other, key) || !sameJson(one[key], other[key])) return false;
  }
  for (const key of Object.keys(other)) if (other[key] !== undefined) present -= 1;
  return present === 0;
}
