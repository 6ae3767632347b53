import type { Attestation, Facts, FenceCertificate, PowerObservation } from './facts.ts';

/** Two readings of "off" must be this far apart: one may be a moment between two states of the controller. */
export const offReadingsApartMs = 10_000;
/** A certificate ends after this time in any case; as long as the machine stays off a new one is made without harm. */
export const certificateLastsMs = 30 * 60_000;

/**
 * The proof that the target has no power, if the facts hold one: two readings of off from one device that shows
 * the target's serial, at least 10 s apart with nothing contrary between, or an attestation that is in force.
 * Undefined when they do not.
 */
export function certify(facts: Facts): FenceCertificate | undefined {
  return certifyByDevice(facts) ?? certifyByAttestation(facts);
}

function certifyByDevice(facts: Facts): FenceCertificate | undefined {
  const serial = facts.target.serial;
  if (serial === undefined) return undefined;
  const run = unbrokenOff(facts.powerReadings, serial);
  const first = run[0];
  const last = run.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (last.atMs - first.atMs < offReadingsApartMs) return undefined;
  return {
    hostUUID: facts.target.hostUUID,
    serial,
    method: 'Redfish',
    device: last.device,
    attestedBy: undefined,
    statement: undefined,
    readings: [first, last].map(({ says, atWallMs }) => ({ says, atWallMs })),
    issuedWallMs: facts.nowWallMs,
    validUntilWallMs: facts.nowWallMs + certificateLastsMs,
    voidBecause: undefined,
  };
}

/** The newest readings, as long as each says off, from one device, about the right machine. */
function unbrokenOff(readings: readonly PowerObservation[], serial: string): readonly PowerObservation[] {
  const device = readings.at(-1)?.device;
  const contrary = readings.findLastIndex(
    (reading) => reading.power !== 'off' || reading.serial !== serial || reading.device !== device,
  );
  return readings.slice(contrary + 1);
}

function certifyByAttestation(facts: Facts): FenceCertificate | undefined {
  const attestation = attestationInForce(facts);
  if (attestation === undefined || facts.target.attestationMaxMs === undefined) return undefined;
  return {
    hostUUID: facts.target.hostUUID,
    serial: facts.target.serial,
    method: 'Attestation',
    device: `the word of ${attestation.by}`,
    attestedBy: attestation.by,
    statement: attestation.statement,
    readings: [],
    issuedWallMs: facts.nowWallMs,
    validUntilWallMs: attestation.atWallMs + Math.min(attestation.validForMs, facts.target.attestationMaxMs),
    voidBecause: undefined,
  };
}

/** An attestation about this very machine whose time has begun and not ended, and which the ladder accepts. */
export function attestationInForce(facts: Facts): Attestation | undefined {
  const maxMs = facts.target.attestationMaxMs;
  if (maxMs === undefined) return undefined;
  return facts.request.attestations.find(
    (candidate) =>
      candidate.hostUUID === facts.target.hostUUID &&
      candidate.atWallMs <= facts.nowWallMs &&
      facts.nowWallMs < candidate.atWallMs + Math.min(candidate.validForMs, maxMs),
  );
}

/**
 * The sign of life that ends a certificate, or undefined. One is enough: an answer from the member, the master reaching
 * it, or its power anything but off after the certificate was made.
 */
export function contrarySign(facts: Facts): string | undefined {
  const answer = facts.answers.get(facts.target.hostUUID);
  if (answer?.kind === 'known' && answer.value.kind === 'impostor') {
    return `Something answers at the address of ${facts.target.name} with another certificate (${answer.value.says}), and it may be the member.`;
  }
  if (answer?.kind === 'known' && answer.value.kind !== 'silent') {
    return `${facts.target.name} answered at its own address, so it has power.`;
  }
  if (facts.masterContact.kind === 'known' && facts.masterContact.value === 'answers') {
    return `The pool master reached ${facts.target.name}, so it has power.`;
  }
  const last = facts.powerReadings.at(-1);
  if (last !== undefined && last.power !== 'off') {
    return `${last.device} says that the power of ${facts.target.name} is "${last.says}".`;
  }
  if (last !== undefined && facts.target.serial !== undefined && last.serial !== facts.target.serial) {
    return `${last.device} now shows the serial ${last.serial} instead of ${facts.target.serial}.`;
  }
  return undefined;
}
