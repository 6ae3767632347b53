import type { LinkKind, NodeName } from '../steering.ts';

/** Who reaches whom. Links are whole unless cut, and a cut works in both directions. */
export interface LabNetwork {
  reaches(a: NodeName, b: NodeName, kind: LinkKind): boolean;
  cut(a: NodeName, b: NodeName, kind: LinkKind): void;
  mend(a: NodeName, b: NodeName, kind: LinkKind): void;
  mendAll(): void;
  /** One line per cut link. */
  describe(): readonly string[];
}

export interface NetworkNodes {
  readonly members: readonly NodeName[];
  readonly bmcs: readonly NodeName[];
}

/** `changed` is called after each change. A node's name that does not exist throws with the names that do. */
export function createLabNetwork(nodes: NetworkNodes, changed: () => void): LabNetwork {
  const cuts = new Map<string, string>();
  const known: ReadonlySet<NodeName> = new Set([
    'operator',
    'storage',
    'everyone',
    ...nodes.members,
    ...nodes.bmcs,
  ]);

  const expand = (name: NodeName, other: NodeName): readonly NodeName[] => {
    if (!known.has(name)) {
      throw new Error(`there is no node ${name} in this lab; nodes are ${[...known].join(', ')}`);
    }
    return name === 'everyone' ? ['operator', ...nodes.members].filter((each) => each !== other) : [name];
  };
  const check = (a: NodeName, b: NodeName, kind: LinkKind): void => {
    const toStorage = (a === 'storage') !== (b === 'storage');
    if (kind === 'storage' && !toStorage) {
      throw new Error(
        'a storage link has "storage" at one end: partition host-2 from storage, of kind storage',
      );
    }
    if (kind === 'management' && (a === 'storage' || b === 'storage')) {
      throw new Error('the shared storage is reached over links of kind storage, not management');
    }
    if (a === b) throw new Error(`a link has two ends, and both are ${a}`);
  };
  const change = (
    { a, b, kind }: { a: NodeName; b: NodeName; kind: LinkKind },
    apply: (key: string, words: string) => void,
  ): void => {
    for (const one of expand(a, b)) {
      for (const two of expand(b, a)) {
        check(one, two, kind);
        apply(linkKey(one, two, kind), `${one} and ${two} (${kind})`);
      }
    }
    changed();
  };

  return {
    reaches: (a, b, kind) => cuts.size === 0 || !cuts.has(linkKey(a, b, kind)),
    cut: (a, b, kind) => change({ a, b, kind }, (key, words) => cuts.set(key, words)),
    mend: (a, b, kind) => change({ a, b, kind }, (key) => cuts.delete(key)),
    mendAll: () => {
      cuts.clear();
      changed();
    },
    describe: () => [...cuts.values()],
  };
}

function linkKey(a: NodeName, b: NodeName, kind: LinkKind): string {
  return a < b ? `${kind} ${a} ${b}` : `${kind} ${b} ${a}`;
}
