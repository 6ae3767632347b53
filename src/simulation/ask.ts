import { type Dispatcher, errors } from 'undici';
import type { Ask } from './flight.ts';

/**
 * Brings what undici's `dispatch` takes to the bytes of one request. Bodies are strings or bytes; a stream would need
 * the event loop to be read, and no adapter sends one. Throws undici's InvalidArgumentError as the real Pool does.
 */
export function askOf({
  options,
  handler,
  host,
}: {
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: Dispatcher.DispatchHandler;
  readonly host: string;
}): Ask {
  if (!options.path.startsWith('/')) {
    throw new errors.InvalidArgumentError('path must be an absolute URL or start with a slash');
  }
  const body = bodyOf(options.body);
  const headers: Record<string, string> = { host, connection: 'keep-alive' };
  for (const [name, value] of headerPairs(options.headers)) {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new errors.InvalidArgumentError(`invalid ${name} header`);
    }
    headers[name.toLowerCase()] = value;
  }
  if (
    body.length > 0 ||
    options.method === 'POST' ||
    options.method === 'PUT' ||
    options.method === 'PATCH'
  ) {
    headers['content-length'] = String(body.length);
  }
  return { method: options.method, path: options.path, headers, body, handler };
}

function bodyOf(body: Dispatcher.DispatchOptions['body']): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (body instanceof Uint8Array) return Buffer.from(body);
  throw new errors.InvalidArgumentError('the simulated network takes bodies of text or bytes');
}

function headerPairs(headers: Dispatcher.DispatchOptions['headers']): readonly (readonly [string, string])[] {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers) || Symbol.iterator in headers) {
    throw new errors.InvalidArgumentError('the simulated network takes headers as an object');
  }
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : String(value)] as const],
  );
}
