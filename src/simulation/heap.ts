/** A binary heap: the first by `before` is at hand, adding and removing it take logarithmic time. */
export interface Heap<T> {
  add(item: T): void;
  first(): T | undefined;
  removeFirst(): void;
  /** Drops what does not pass. */
  keep(passes: (item: T) => boolean): void;
  size(): number;
}

export function createHeap<T>(before: (left: T, right: T) => boolean): Heap<T> {
  let items: T[] = [];

  const add = (item: T): void => {
    let hole = items.length;
    items.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = items[parent] as T;
      if (!before(item, above)) break;
      items[hole] = above;
      hole = parent;
    }
    items[hole] = item;
  };
  return {
    add,
    first: () => items[0],
    removeFirst: () => {
      const last = items.pop();
      if (last === undefined || items.length === 0) return;
      let hole = 0;
      for (;;) {
        let child = 2 * hole + 1;
        if (child >= items.length) break;
        if (child + 1 < items.length && before(items[child + 1] as T, items[child] as T)) child++;
        if (!before(items[child] as T, last)) break;
        items[hole] = items[child] as T;
        hole = child;
      }
      items[hole] = last;
    },
    keep: (passes) => {
      const kept = items.filter(passes);
      items = [];
      for (const item of kept) add(item);
    },
    size: () => items.length,
  };
}
