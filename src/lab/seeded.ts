import { createHash } from 'node:crypto';

/**
 * Chance keyed by what it is for, not by when it is drawn: one more call somewhere leaves every other name, UUID and
 * reference of the same seed as it was.
 */
export interface Seeded {
  uuid(key: string): string;
  /** `OpaqueRef:<uuid>`. */
  ref(key: string): string;
  /** Uniform in [0, 1). */
  fraction(key: string): number;
  /** Letters and digits. */
  word(key: string, length: number): string;
  /** `AA:BB:…`, 32 bytes: stands for a certificate where there is no socket. */
  fingerprint(key: string): string;
}

export function createSeeded(seed: number): Seeded {
  const hash = (key: string): Buffer => createHash('sha256').update(`${seed}/${key}`).digest();
  const uuid = (key: string): string => {
    const bytes = hash(`uuid/${key}`);
    // Version 4, variant 1, as every tool that checks the form of a UUID expects.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
      '-',
    );
  };
  return {
    uuid,
    ref: (key) => `OpaqueRef:${uuid(`ref/${key}`)}`,
    fraction: (key) => hash(`fraction/${key}`).readUInt32BE(0) / 2 ** 32,
    word: (key, length) => hash(`word/${key}`).toString('hex').slice(0, length).toUpperCase(),
    fingerprint: (key) =>
      [...hash(`fingerprint/${key}`)]
        .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
        .join(':'),
  };
}
