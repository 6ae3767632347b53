import type { Cancel } from '../../ports/clock.ts';

/** Who wants to be told that something happened to a resource. What happened, each reads for itself. */
export interface Wakers {
  subscribe(resource: string, wake: () => void): Cancel;
  wake(resources: readonly string[]): void;
}

export function createWakers(): Wakers {
  const byResource = new Map<string, Set<() => void>>();
  return {
    subscribe: (resource, wake) => {
      const wakes = byResource.get(resource) ?? new Set();
      byResource.set(resource, wakes);
      wakes.add(wake);
      return () => {
        wakes.delete(wake);
        if (wakes.size === 0) byResource.delete(resource);
      };
    },
    wake: (resources) => {
      for (const resource of new Set(resources)) {
        for (const wake of [...(byResource.get(resource) ?? [])]) wake();
      }
    },
  };
}
