import type { ServerContext } from './serverContext.ts';
import { badRequest, type Refusal, refuse } from './status.ts';

/** A resourceVersion of a request: undefined when none was given. */
export function requestedVersion(query: URLSearchParams): number | undefined | Refusal {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  return /^\d{1,15}$/.test(text)
    ? Number(text)
    : badRequest(
        `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
      );
}

/** The client has seen a newer state than this server has: another server's, or one from before a restored backup. */
export function tooLargeVersion(version: number, context: ServerContext): Refusal {
  return refuse(504, 'Timeout', {
    message: `Too large resource version: ${version}, current: ${context.store.version()}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
      retryAfterSeconds: 1,
    },
  });
}
