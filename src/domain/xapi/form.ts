/** The form of the kernel, filled with what XAPI pools are about: these facts, these acts, these reads. */
import type { Act } from '../acts/act.ts';
import type * as decide from '../kernel/decide.ts';
import type { Hypervisor } from '../kernel/hypervisor.ts';
import type * as plan from '../kernel/plan.ts';
import type * as procedure from '../kernel/procedure.ts';
import type * as verdict from '../kernel/verdict.ts';
import type { Facts } from './facts.ts';
import type { Read } from './reads.ts';

export interface Xapi extends Hypervisor {
  readonly facts: Facts;
  readonly act: Act;
  readonly read: Read;
}

export type Guard = verdict.Guard<Facts>;
export type Step = decide.Step<Xapi>;
/** What is done in a step, without its title and its guards: several procedures may share it. */
export type Part = Omit<Step, 'title' | 'guards'>;
export type Next = decide.Next<Act>;
export type Decision = decide.Decision<Xapi>;
export type Procedure = procedure.Procedure<Xapi>;
export type Planning = plan.Planning<Xapi>;
export type PlanDraft = plan.PlanDraft<Xapi>;
export type Telling = procedure.Telling<Xapi>;
