/** Values that makers leave in firmware instead of a serial. They are the same on every board. */
const placeholders: ReadonlySet<string> = new Set([
  '0123456789',
  '1234567890',
  '123456789',
  'to be filled by o.e.m.',
  'to be filled by o.e.m',
  'to be filled by oem',
  'not specified',
  'not available',
  'not applicable',
  'not present',
  'not provided',
  'not set',
  'system serial number',
  'chassis serial number',
  'base board serial number',
  'baseboard serial number',
  'serial number',
  'default string',
  'default',
  'none',
  'null',
  'empty',
  'invalid',
  'unknown',
  'undefined',
  'n/a',
  'na',
  'oem',
  'o.e.m.',
  'asset-1234567890',
]);

/** A text in firmware has at most so many characters (SMBIOS); no maker leaves a longer one there. */
const longestInFirmware = 64;

/** Also one character repeated (`0000000000`, `xxxxxxxx`, `.......`), and UUIDs that nobody drew. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim().toLowerCase();
  return placeholders.has(text) || knownUUIDs.has(text) || isOneCharacter(text);
}

/** Ends at the second character that differs, for it is asked of every serial at every look. */
function isOneCharacter(text: string): boolean {
  if (text.length > longestInFirmware) return false;
  let only: string | undefined;
  for (const character of text) {
    if (character === '-' || character.trim() === '') continue;
    only ??= character;
    if (character !== only) return false;
  }
  return only !== undefined;
}

/** Left in firmware by makers: https://github.com/systemd/systemd/issues/18123 lists such product UUIDs. */
const knownUUIDs: ReadonlySet<string> = new Set([
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
]);
