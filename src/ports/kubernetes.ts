import type { Cancel } from './clock.ts';

/**
 * What the controllers need of an API server, whichever it is (the embedded one or a cluster's).
 * Objects are plain JSON as the server sent them, minus `metadata.managedFields`. They are shared: never mutate one.
 */
export interface KubernetesApi {
  /** Reads the object from the server itself, not from a cache. Undefined when there is none. Throws KubernetesError. */
  read<T extends KubernetesObject>(kind: Kind, at: ObjectName): Promise<T | undefined>;
  /** Lists all objects of a kind (every namespace, or the one given) in pages. Throws KubernetesError. */
  list<T extends KubernetesObject>(kind: Kind, namespace?: string): Promise<readonly T[]>;
  /**
   * Replaces `status` if the object is still at the resourceVersion given in `object`; spec and metadata are not
   * written. `uncertain` means that the request may or may not have been applied: read before anything else.
   * Expected refusals are values; a broken transport or a server error throws KubernetesError.
   */
  writeStatus<T extends KubernetesObject>(kind: Kind, object: T): Promise<WriteOutcome<T>>;
  /** Creates an object. `exists` when the name is taken. */
  create<T extends KubernetesObject>(
    kind: Kind,
    object: T,
  ): Promise<WriteOutcome<T> | { readonly kind: 'exists' }>;
}

export type WriteOutcome<T> =
  | { readonly kind: 'written'; readonly object: T }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly message: string; readonly field?: string }
  | { readonly kind: 'uncertain'; readonly because: string };

/** Transport or server failure of a request. Writes that end in one may have been applied when `mayHaveArrived`. */
export class KubernetesError extends Error {
  readonly status: number | undefined;
  readonly reason: string;
  readonly mayHaveArrived: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: {
      readonly status?: number;
      readonly reason: string;
      readonly mayHaveArrived: boolean;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'KubernetesError';
    this.status = details.status;
    this.reason = details.reason;
    this.mayHaveArrived = details.mayHaveArrived;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The cached objects of one kind, kept by a list and a watch. A cache is a hint: no effect rests on it alone. */
export interface Store<T extends KubernetesObject> {
  /** False until the first complete list has arrived. */
  synced(): boolean;
  get(at: ObjectName): T | undefined;
  list(): readonly T[];
  /** Called for every change after the subscription, and once for each object already there. Must not throw. */
  subscribe(onChange: (change: StoreChange<T>) => void): Cancel;
}

/** An object deleted and created again under its name arrives as two changes, since it is another object (its uid). */
export type StoreChange<T> =
  | { readonly kind: 'set'; readonly object: T; readonly previous: T | undefined }
  | { readonly kind: 'deleted'; readonly object: T };

/** Events of events.k8s.io/v1 about an object: what a person sees under `kubectl describe`. Repeats are aggregated. */
export interface EventRecorder {
  record(event: {
    readonly regarding: KubernetesObject;
    readonly type: 'Normal' | 'Warning';
    /** One word, UpperCamelCase. */
    readonly reason: string;
    /** What was being done, one word, UpperCamelCase. */
    readonly action: string;
    /** A sentence. */
    readonly note: string;
  }): void;
}

/** Who may act. Not a fence: see docs/concepts.md; every effect re-checks it synchronously, right before it is sent. */
export interface Leadership {
  /**
   * The lease's transition count while this process holds the lease and, by monotonic time, still will for at least
   * `forMs`; undefined otherwise.
   */
  epoch(forMs: number): number | undefined;
  readonly identity: string;
}

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}
