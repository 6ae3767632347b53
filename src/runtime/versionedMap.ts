/**
 * A map in versions. A new version costs what it changes and copies nothing; an older one goes on reading as it was, for as
 * long as somebody holds it. Only the newest has all entries: an older one knows what it had otherwise than the next.
 */
export interface VersionedMap<V> extends ReadonlyMap<string, V> {
  /**
   * The next version. An undefined value takes the key away. Whoever goes through a version does so at once and awaits
   * nothing meanwhile: the entries are those of the newest.
   */
  with(changes: ReadonlyMap<string, V | undefined>): VersionedMap<V>;
}

export function versionedMap<V>(entries: Map<string, V>): VersionedMap<V> {
  return new Version(entries);
}

/** An older version that is farther behind is copied as a whole when it is asked, or each question would take the long way. */
const mostBehind = 16;

class Version<V> implements VersionedMap<V> {
  readonly size: number;
  #entries: Map<string, V> | undefined;
  #newer: { readonly version: Version<V>; readonly before: ReadonlyMap<string, V | undefined> } | undefined;

  constructor(entries: Map<string, V>) {
    this.#entries = entries;
    this.size = entries.size;
  }

  with(changes: ReadonlyMap<string, V | undefined>): VersionedMap<V> {
    const entries = this.#whole();
    const before = new Map<string, V | undefined>();
    for (const [key, value] of changes) {
      before.set(key, entries.get(key));
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    }
    const version = new Version(entries);
    this.#entries = undefined;
    this.#newer = { version, before };
    return version;
  }

  get(key: string): V | undefined {
    let at: Version<V> = this;
    for (let behind = 0; at.#newer !== undefined; behind++) {
      if (behind === mostBehind) return this.#whole().get(key);
      if (at.#newer.before.has(key)) return at.#newer.before.get(key);
      at = at.#newer.version;
    }
    return at.#entries?.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  forEach(run: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.#whole()) run(value, key, this);
  }

  entries(): MapIterator<[string, V]> {
    return this.#whole().entries();
  }

  keys(): MapIterator<string> {
    return this.#whole().keys();
  }

  values(): MapIterator<V> {
    return this.#whole().values();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  /** All entries of this version; an older one takes a copy of its own and needs the newer ones no more. */
  #whole(): Map<string, V> {
    if (this.#entries !== undefined) return this.#entries;
    const differences: ReadonlyMap<string, V | undefined>[] = [];
    let at: Version<V> = this;
    for (; at.#newer !== undefined; at = at.#newer.version) differences.push(at.#newer.before);
    const entries = new Map(at.#entries);
    for (const before of differences.toReversed()) {
      for (const [key, value] of before) {
        if (value === undefined) entries.delete(key);
        else entries.set(key, value);
      }
    }
    this.#entries = entries;
    this.#newer = undefined;
    return entries;
  }
}
