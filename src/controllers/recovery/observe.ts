/**
 * Brings the memory of a recovery up to what the facts show: how acts ended, where each item is, whether each proof is
 * complete or was contradicted, the plan while it may still change, and the moments. Synchronous, and it changes nothing
 * outside.
 */
import { isoMillis } from '../../api/conditions.ts';
import { settle } from '../../domain/acts/catalogue.ts';
import { certify, contrarySign, isFenced } from '../../domain/fence/certificate.ts';
import { wrongCut } from '../../domain/fence/theCut.ts';
import { followWords } from '../../domain/fence/words.ts';
import { planText } from '../../domain/kernel/plan.ts';
import { aboutHost, type Facts } from '../../domain/xapi/facts.ts';
import type { Procedure } from '../../domain/xapi/form.ts';
import { type Outside, withMemory } from './assemble.ts';
import type { EntryRecord, Memory, Proof } from './memory.ts';

/** All of it at one instant; each part rests on what the ones before it have brought into the memory. */
export function observe(
  procedure: Procedure,
  memory: Memory,
  outside: Outside,
  hashOf: (text: string) => string,
): Facts {
  const facts = (): Facts => withMemory(outside, memory);
  memory.journal = settled(memory.journal, facts());
  for (const hostUUID of procedure.provenOff(facts())) {
    followProof(memory, hostUUID, facts, (about, { certificate }) => ({
      certificate,
      words: followWords(about),
    }));
    followProof(memory, hostUUID, facts, voidOrMakeProof);
  }
  makeOrRenewPlan(procedure, memory, facts(), hashOf);
  const now = facts();
  if (memory.plan !== undefined) {
    const items = procedure.plan.follow(now);
    if (items !== memory.plan.items) memory.plan = { ...memory.plan, items };
  }
  noteMoments(procedure, memory, facts());
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

function followProof(
  memory: Memory,
  hostUUID: string,
  facts: () => Facts,
  follow: (about: Facts, proof: Proof) => Proof,
): void {
  const about = aboutHost(facts(), hostUUID);
  if (about === undefined) return;
  const { certificate, words } = about;
  const next = follow(about, { certificate, words });
  if (next.certificate === certificate && next.words === words) return;
  memory.proofs = new Map([...memory.proofs, [hostUUID, next]]);
}

function voidOrMakeProof(about: Facts, { certificate, words }: Proof): Proof {
  if (certificate !== undefined && certificate.voidBecause === undefined) {
    const sign = contrarySign(about) ?? wrongCut(about);
    if (sign !== undefined) {
      return {
        certificate: { ...certificate, voidBecause: `${sign} (${isoMillis(about.nowWallMs)})` },
        words,
      };
    }
  }
  if (isFenced(about) || about.request.mode !== 'Execute') return { certificate, words };
  return { certificate: certify(about) ?? certificate, words };
}

function makeOrRenewPlan(
  procedure: Procedure,
  memory: Memory,
  facts: Facts,
  hashOf: (text: string) => string,
): void {
  const { plan } = procedure;
  if (memory.plan !== undefined && plan.outdated(facts) === undefined) return;
  const draft = plan.draft(facts);
  if ('because' in draft) return;
  memory.plan = {
    ...draft,
    hash: hashOf(planText(procedure, draft, facts)),
    madeAtWallMs: facts.momentMs,
    restsOn: plan.grounds(facts),
  };
}

/** Each is written down once, when it is first seen. */
function noteMoments({ telling }: Procedure, memory: Memory, facts: Facts): void {
  const [first] = memory.journal;
  const now = {
    ...telling.moments(facts),
    ...(first === undefined ? {} : { decidedAt: first.atWallMs }),
    ...memory.moments,
  };
  if (Object.keys(now).length > Object.keys(memory.moments).length) memory.moments = now;
}
