/** What proves that machines have no power, as status.proofs has it. */
import { isoMillis, isoSeconds } from '../../api/conditions.ts';
import type { RecoveryRequest } from '../../api/generated/types.ts';
import type { WordRecord } from '../../domain/fence/words.ts';
import type { FenceCertificate } from '../../domain/xapi/facts.ts';
import type { Memory } from './memory.ts';

type ProofRecord = NonNullable<NonNullable<RecoveryRequest['status']>['proofs']>[number];

export function proofsOf({ proofs }: Pick<Memory, 'proofs'>): ProofRecord[] {
  return [...proofs].flatMap(([hostUUID, { certificate, words }]) =>
    certificate === undefined && words.length === 0
      ? []
      : [
          {
            hostUUID,
            ...(words.length === 0 ? {} : { words: words.map(wordOf) }),
            ...(certificate === undefined ? {} : { certificate: certificateOf(certificate) }),
          },
        ],
  );
}

function wordOf(word: WordRecord): NonNullable<ProofRecord['words']>[number] {
  return {
    by: word.by,
    at: isoSeconds(word.atWallMs),
    seenAt: isoMillis(word.seenWallMs),
    ...(word.endedBecause === undefined ? {} : { endedBecause: word.endedBecause }),
    ...(word.endedWallMs === undefined ? {} : { endedAt: isoMillis(word.endedWallMs) }),
  };
}

function certificateOf(certificate: FenceCertificate): NonNullable<ProofRecord['certificate']> {
  return {
    ...(certificate.serial === undefined ? {} : { serial: certificate.serial }),
    method: certificate.method,
    device: certificate.device,
    ...(certificate.attestedBy === undefined ? {} : { attestedBy: certificate.attestedBy }),
    ...(certificate.statement === undefined ? {} : { statement: certificate.statement }),
    readings: certificate.readings.map((reading) => ({
      power: reading.says,
      at: isoMillis(reading.atWallMs),
    })),
    issuedAt: isoMillis(certificate.issuedWallMs),
    validUntil: isoMillis(certificate.validUntilWallMs),
    ...(certificate.voidBecause === undefined ? {} : { voidBecause: certificate.voidBecause }),
  };
}
