/** One thing that a procedure touches or follows: a virtual machine, a host, a storage repository. */
export interface Item {
  readonly kind: 'VirtualMachine' | 'Host' | 'StorageRepository' | 'VirtualServer';
  /** What identifies it for ever: a UUID, or the identifier of a management unit. Never a name. */
  readonly id: string;
  readonly name: string;
  /** How far it is, in a word of its procedure. */
  readonly state: string;
  /** Host UUID of its place: where it is to come up, or is. */
  readonly host: string | undefined;
  /** Why there, why not, or what went wrong, and what a person can do. */
  readonly why: string | undefined;
}

export interface Plan<I extends Item = Item> {
  /** Stands for all that the plan intends; see planText. An approval names it. */
  readonly hash: string;
  readonly items: readonly I[];
}
