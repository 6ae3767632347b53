/**
 * Brings the memory of a recovery up to what the facts show: how acts ended, where each virtual machine is, whether the
 * proof is complete or was contradicted, the plan while it may still change, and the moments of the timeline. Synchronous
 * and without effect on the world.
 */
import { isoMillis } from '../../api/conditions.ts';
import { settle } from '../../domain/acts/catalogue.ts';
import { certify, contrarySign, isFenced } from '../../domain/fence/certificate.ts';
import { wrongCut } from '../../domain/fence/theCut.ts';
import { followWords } from '../../domain/fence/words.ts';
import type { Procedure } from '../../domain/kernel/decide.ts';
import type { Facts } from '../../domain/xapi/facts.ts';
import { advance, isFinal, isUp } from '../../domain/xapi/progress.ts';
import { makePlan, planIsOutdated, planText } from '../../domain/xapi/releasePlan.ts';
import { residentsOf } from '../../domain/xapi/residents.ts';
import { type Outside, withMemory } from './assemble.ts';
import type { EntryRecord, Memory, PlanRecord } from './memory.ts';

/** All of it at one instant; each part rests on what the ones before it have brought into the memory. */
export function observe(
  procedure: Procedure,
  memory: Memory,
  outside: Outside,
  hashOf: (text: string) => string,
): Facts {
  const facts = (): Facts => withMemory(outside, memory);
  memory.journal = settled(memory.journal, facts());
  memory.words = followWords(facts());
  voidOrMakeProof(memory, facts());
  makeOrRenewPlan(procedure, memory, facts(), hashOf);
  const now = facts();
  if (memory.plan !== undefined) {
    const items = advance(now);
    if (items !== memory.plan.items) memory.plan = { ...memory.plan, items };
  }
  memory.timeline = timelineNow(memory, facts());
  return facts();
}

function settled(journal: readonly EntryRecord[], facts: Facts): readonly EntryRecord[] {
  if (!journal.some((entry) => entry.outcome === 'Intended')) return journal;
  return journal.map((entry): EntryRecord => {
    if (entry.outcome !== 'Intended') return entry;
    const outcome = settle(entry, facts);
    return outcome === 'open'
      ? entry
      : { ...entry, outcome, endedWallMs: facts.momentMs, endedMs: facts.nowMs };
  });
}

function voidOrMakeProof(memory: Memory, facts: Facts): void {
  const { certificate } = memory;
  if (certificate !== undefined && certificate.voidBecause === undefined) {
    const sign = contrarySign(facts) ?? wrongCut(facts);
    if (sign !== undefined) {
      memory.certificate = { ...certificate, voidBecause: `${sign} (${isoMillis(facts.nowWallMs)})` };
      return;
    }
  }
  if (!isFenced(facts) && facts.request.mode === 'Execute')
    memory.certificate = certify(facts) ?? certificate;
}

function makeOrRenewPlan(
  procedure: Procedure,
  memory: Memory,
  facts: Facts,
  hashOf: (text: string) => string,
): void {
  if (memory.plan !== undefined && planIsOutdated(facts) === undefined) return;
  const draft = makePlan(facts);
  if ('because' in draft || facts.pool.kind === 'unknown') return;
  const pool = facts.pool.value;
  const host = pool.hosts.get(facts.target.hostUUID);
  memory.plan = {
    ...draft,
    hash: hashOf(planText(draft, facts, procedure)),
    hostName: host?.name ?? facts.target.name,
    madeAtWallMs: facts.momentMs,
    restsOn: restsOn(facts, facts.pool),
  };
}

/** The facts that a plan rests on, as they are now, with who said so and when. */
export function restsOn(
  facts: Facts,
  pool: Facts['pool'] & { readonly kind: 'known' },
): PlanRecord['restsOn'] {
  const poolAt = facts.momentMs - (facts.nowMs - pool.atMs);
  const host = pool.value.hosts.get(facts.target.hostUUID);
  const residents = residentsOf(pool.value, facts.target.hostUUID).length;
  const answer = facts.answers.get(facts.target.hostUUID);
  const power = facts.powerReadings.at(-1);
  return [
    {
      fact: `The pool ${pool.value.uuid} has ${host?.name ?? facts.target.hostUUID} as a member, with ${residents} virtual machines.`,
      source: pool.source,
      atWallMs: poolAt,
    },
    ...(answer?.kind === 'known'
      ? [
          {
            fact: `${facts.target.name} ${answer.value.kind === 'silent' ? 'does not answer' : 'answers'} at its own address.`,
            source: answer.source,
            atWallMs: facts.momentMs - (facts.nowMs - answer.atMs),
          },
        ]
      : []),
    ...(power === undefined
      ? []
      : [
          {
            fact: `Its power reads "${power.says}", serial ${power.serial}.`,
            source: power.device,
            atWallMs: power.atWallMs,
          },
        ]),
  ];
}

function timelineNow(memory: Memory, facts: Facts): Memory['timeline'] {
  const before = memory.timeline;
  const now = { ...before } as { -readonly [K in keyof typeof before]: number };
  if (before.detectedAt === undefined && facts.silentForMs.kind === 'known') {
    now.detectedAt = facts.momentMs - facts.silentForMs.value;
  }
  if (before.decidedAt === undefined && memory.journal.length > 0)
    now.decidedAt = memory.journal[0]?.atWallMs ?? facts.momentMs;
  if (before.fencedAt === undefined && memory.certificate !== undefined) now.fencedAt = facts.momentMs;
  const items = memory.plan?.items ?? [];
  const ups = items.flatMap((item) => (isUp(item) ? [item.runningAtWallMs ?? facts.momentMs] : []));
  if (before.firstUpAt === undefined && ups.length > 0) now.firstUpAt = Math.min(...ups);
  if (before.recoveredAt === undefined && ups.length > 0 && items.every(isFinal))
    now.recoveredAt = Math.max(...ups);
  return now;
}
