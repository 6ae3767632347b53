import type { Cancel } from '../ports/clock.ts';
import type { KubernetesObject, StoreChange } from '../ports/kubernetes.ts';

/** Who wants to hear of changes. One that throws, which it must not, is reported; the others still hear. */
export interface Subscribers<T extends KubernetesObject> {
  tell(change: StoreChange<T>): void;
  /** Tells of each object that is there already, then of every change until the returned function is called. */
  add(onChange: (change: StoreChange<T>) => void, present: readonly T[]): Cancel;
}

export function createSubscribers<T extends KubernetesObject>(
  onSubscriberError: (error: unknown) => void,
): Subscribers<T> {
  const subscribers = new Set<(change: StoreChange<T>) => void>();
  const tellOne = (subscriber: (change: StoreChange<T>) => void, change: StoreChange<T>): void => {
    try {
      subscriber(change);
    } catch (error) {
      onSubscriberError(error);
    }
  };
  return {
    tell: (change) => {
      for (const subscriber of [...subscribers]) tellOne(subscriber, change);
    },
    add: (onChange, present) => {
      // A function of its own, so that the same callback may subscribe twice and leave once.
      const subscriber = (change: StoreChange<T>): void => onChange(change);
      subscribers.add(subscriber);
      for (const object of present) tellOne(subscriber, { kind: 'set', object, previous: undefined });
      return () => {
        subscribers.delete(subscriber);
      };
    },
  };
}
