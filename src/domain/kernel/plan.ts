/**
 * The plan of a recovery: what will be touched, where to and why, or why not. It is made again when it is out of date, until
 * its procedure says that this is over (ReleaseMember: when the release has begun); then it records what happens to each item.
 */
import type { Hypervisor } from './hypervisor.ts';

/** A fact that a plan rests on, with who said so and when. For people to read. */
export interface Ground {
  readonly fact: string;
  readonly source: string;
  readonly atWallMs: number;
}

/** How one procedure plans. */
export interface Planning<H extends Hypervisor> {
  /** Makes the plan, or says what it waits for. */
  readonly draft: (facts: H['facts']) => PlanDraft<H> | { readonly because: string };
  /** Why the plan no longer says what is so, or undefined. */
  readonly outdated: (facts: H['facts']) => string | undefined;
  /** What it rests on, for as long as that may still change. */
  readonly reads: (facts: H['facts']) => readonly H['read'][];
  readonly grounds: (facts: H['facts']) => readonly Ground[];
  /** Whom and what the plan is bound to beside its items: UUIDs, serials, references, digests. */
  readonly pins: (plan: PlanDraft<H>, facts: H['facts']) => readonly unknown[];
  /** What is intended with one item, without ages and words. */
  readonly intent: (item: ItemOf<H>) => readonly unknown[];
  /** The items as the facts now show them; the same array when nothing changed. */
  readonly follow: (facts: H['facts']) => readonly ItemOf<H>[];
}

export type PlanOf<H extends Hypervisor> = NonNullable<H['facts']['plan']>;
export type ItemOf<H extends Hypervisor> = PlanOf<H>['items'][number];
export type PlanDraft<H extends Hypervisor> = Omit<PlanOf<H>, 'hash'>;

/** The text that the hash of a plan stands for: procedure, pinned identities, steps, and what is intended with each item. */
export function planText<H extends Hypervisor>(
  procedure: {
    readonly name: string;
    readonly steps: readonly { readonly title: string }[];
    readonly plan: Planning<H>;
  },
  draft: PlanDraft<H>,
  facts: H['facts'],
): string {
  return JSON.stringify([
    procedure.name,
    procedure.plan.pins(draft, facts),
    procedure.steps.map((step) => step.title),
    (draft as PlanOf<H>).items.map(procedure.plan.intent),
  ]);
}
