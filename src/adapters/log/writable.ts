/**
 * Names of fields whose values are secrets, however they are written: `password`, `bmcPassword`, `X-Auth-Token`,
 * `session_id`. A name that only points to a secret (`secretName`, `passwordKey`) does not end this way.
 */
const secretName =
  /(password|passwd|passphrase|token|authorization|cookie|credentials?|secret|session|session_?id|session_?ref|private_?key|api_?key)$/i;

/** Credentials inside longer text, such as a header that was put into an error's message. */
const secretText = /\b(Basic|Bearer)\s+[\w+/=.~-]+/g;

const redacted = '[redacted]';
const deepest = 8;

/** Makes a value fit for a line of JSON: no secret, no cycle, errors with stack and causes, bytes as their count. */
export function writable(value: unknown): unknown {
  return shown(value, []);
}

function shown(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= deepest) return '[deeper]';
  const here = [...above, value];
  if (value instanceof Error) return shownError(value, here);
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (value instanceof Date || value instanceof URL) return withoutSecrets(String(value.toJSON()));
  if (value instanceof Map) return shown(Object.fromEntries(value), here);
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => shown(item, here));
  return shownEntries(value, here);
}

function shownEntries(value: object, above: readonly object[]): Record<string, unknown> {
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, item]) => [name, secretName.test(name) ? redacted : shown(item, above)]),
  );
}

/** Message and stack are not enumerable, so that plain JSON would write `{}`. */
function shownError(error: Error, above: readonly object[]): Record<string, unknown> {
  return {
    name: error.name,
    message: withoutSecrets(error.message),
    ...shownEntries(error, above),
    ...(error.cause === undefined ? {} : { cause: shown(error.cause, above) }),
    ...(error instanceof AggregateError ? { errors: shown(error.errors, above) } : {}),
    stack: withoutSecrets(error.stack ?? ''),
  };
}

function withoutSecrets(text: string): string {
  return text.replace(secretText, `$1 ${redacted}`).replace(/(:\/\/[^/\s:@]*):[^/\s@]+@/g, `$1:${redacted}@`);
}
