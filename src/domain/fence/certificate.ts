import { toldOfLife } from '../acts/catalogue.ts';
import type { Facts, FenceCertificate, PowerObservation } from '../xapi/facts.ts';
import { whyNotThisMachine } from './identity.ts';
import { whatIsDeclared, whatItShows } from './machineNumbers.ts';
import { showsThisMachine } from './shownMachine.ts';
import { wrongCut } from './theCut.ts';
import { whyNotTrusted } from './trust.ts';
import { attestationInForce } from './words.ts';

/** Two readings of "off" must be this far apart: one may be a moment between two states of the controller. */
export const offReadingsApartMs = 10_000;
/** Between two readings of one proof no more time may pass than this: a longer gap could hide that it was on. */
export const offReadingsGapMs = 60_000;
/** A certificate ends after this time in any case; as long as the machine stays off a new one is made without harm. */
export const certificateLastsMs = 30 * 60_000;

/**
 * The proof that the target has no power, if the facts hold one: two readings of off from one trusted device that shows
 * the target's own numbers, at least 10 s apart with nothing contrary between, or an attestation that is in force. What
 * makes this machine this machine belongs to the proof: where it is contradicted there is none.
 * Undefined when they do not, while anything is heard of the target, and for good once a proof was contradicted.
 */
export function certify(facts: Facts): FenceCertificate | undefined {
  if (facts.certificate?.voidBecause !== undefined || heardOf(facts) !== undefined) return undefined;
  if (wrongCut(facts) !== undefined) return undefined;
  const trouble = whyNotThisMachine(facts);
  if (trouble?.kind === 'contradicted') return undefined;
  const byDevice = trouble === undefined && whyNotTrusted(facts) === undefined;
  return (byDevice ? certifyByDevice(facts) : undefined) ?? certifyByAttestation(facts);
}

/** A certificate for this machine that has neither ended nor been contradicted. That fresh readings agree is a guard. */
export function isFenced(facts: Facts): boolean {
  const { certificate, target } = facts;
  return (
    certificate !== undefined &&
    certificate.voidBecause === undefined &&
    certificate.hostUUID === target.hostUUID &&
    certificate.serial === target.serial &&
    facts.nowWallMs < certificate.validUntilWallMs
  );
}

function certifyByDevice(facts: Facts): FenceCertificate | undefined {
  const run = unbrokenOff(facts);
  const first = run[0];
  const last = run.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (last.atMs - first.atMs < offReadingsApartMs) return undefined;
  return {
    hostUUID: facts.target.hostUUID,
    serial: facts.target.serial,
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

/** The newest readings, as long as each says off, from one device, about the right machine, without a long gap. */
function unbrokenOff({ powerReadings: readings, identity }: Facts): readonly PowerObservation[] {
  const broken = readings.findLastIndex((reading, index) => {
    if (reading.power !== 'off' || !showsThisMachine(reading, identity.declared)) return true;
    const next = readings[index + 1];
    return (
      next !== undefined && (next.device !== reading.device || next.atMs - reading.atMs > offReadingsGapMs)
    );
  });
  return readings.slice(broken + 1);
}

function certifyByAttestation(facts: Facts): FenceCertificate | undefined {
  const attestation = attestationInForce(facts);
  if (attestation === undefined || facts.target.attestationMaxMs === undefined) return undefined;
  if (powerSign({ ...facts, certificate: undefined }) !== undefined) return undefined;
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

/**
 * The sign of life that ends a certificate, or undefined. One is enough: an answer from the member, the pool reaching
 * it, or any reading of its power since the proof that is anything but off.
 */
export function contrarySign(facts: Facts): string | undefined {
  return heardOf(facts) ?? powerSign(facts);
}

function heardOf(facts: Facts): string | undefined {
  const { name, hostUUID } = facts.target;
  const answer = facts.answers.get(hostUUID);
  if (answer?.kind === 'known' && answer.value.kind === 'impostor') {
    return `Something answers at the address of ${name} with another certificate (${answer.value.says}), and it may be the member.`;
  }
  if (answer?.kind === 'known' && answer.value.kind !== 'silent') {
    return `${name} answered at its own address, so it has power.`;
  }
  if (facts.masterContact.kind === 'known' && facts.masterContact.value === 'answers') {
    return `The pool master reached ${name}, so it has power.`;
  }
  const told = toldOfLife(facts);
  return told === undefined ? undefined : `${name} has power: ${told.by}.`;
}

function powerSign(facts: Facts): string | undefined {
  const { name } = facts.target;
  const { declared } = facts.identity;
  for (const reading of readingsThatCount(facts)) {
    if (reading.power !== 'off') {
      return `${reading.device} says that the power of ${name} is "${reading.says}".`;
    }
    if (!showsThisMachine(reading, declared)) {
      return `${reading.device} now shows ${whatItShows(reading)} instead of ${whatIsDeclared(declared)}.`;
    }
  }
  return undefined;
}

/**
 * The readings that can contradict the proof: those taken since it was made; while there is none, the newest. A person's
 * word outweighs what a device said before it, once that device cannot be read any more.
 */
function readingsThatCount(facts: Facts): readonly PowerObservation[] {
  const { certificate, powerReadings, powerUnknown } = facts;
  if (certificate?.method === 'Redfish') {
    const provenAt = wholeSeconds(certificate.readings.at(-1)?.atWallMs ?? 0);
    const proof = powerReadings.findLastIndex(
      (reading) => reading.power === 'off' && wholeSeconds(reading.atWallMs) === provenAt,
    );
    return powerReadings.slice(proof + 1);
  }
  const newest = powerReadings.slice(-1);
  const since = attestationInForce(facts)?.atWallMs ?? certificate?.issuedWallMs;
  if (since === undefined) return newest;
  const later = powerReadings.filter((reading) => reading.atWallMs >= since);
  return powerUnknown === undefined ? [...later, ...newest] : later;
}

/** Certificates come back from the API server, where moments may have lost their milliseconds. */
function wholeSeconds(wallMs: number): number {
  return Math.floor(wallMs / 1000);
}
