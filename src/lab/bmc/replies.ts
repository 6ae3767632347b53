import type { HttpReply } from '../../wire/http.ts';
import type { LookOfEndedSession } from './behaviours.ts';

export function json(status: number, value: object, more: Readonly<Record<string, string>> = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'odata-version': '4.0', ...more },
    body: JSON.stringify(value),
  };
}

export const noContent: HttpReply = { status: 204, headers: {}, body: '' };

/** DSP0266: what an error says is in @Message.ExtendedInfo. */
export function refusal(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, string>> = {},
): HttpReply {
  const error = {
    code: `Base.1.16.${code}`,
    message,
    '@Message.ExtendedInfo': [{ MessageId: `Base.1.16.${code}`, Message: message }],
  };
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="Redfish"' } : {};
  return json(status, { error }, { ...challenge, ...more });
}

export function moved(location: string): HttpReply {
  return { status: 308, headers: { location }, body: '' };
}

const page = '<html><title>Log in</title></html>';
const html = { 'content-type': 'text/html' };

/** What the firmware of some makers says to who still uses a session that has ended. */
export function endedSession(look: LookOfEndedSession): HttpReply {
  switch (look) {
    case '401':
      return refusal(401, 'NoValidSession', 'There is no valid session established with the service.');
    case '401WithoutBody':
      return { status: 401, headers: {}, body: '' };
    case '401Endless':
      return { status: 401, headers: { 'content-type': 'application/json' }, body: endless() };
    case '403':
      return refusal(403, 'InsufficientPrivilege', 'There are insufficient privileges for the account.');
    case '500':
      return refusal(500, 'InternalError', 'The request failed due to an internal service error.');
    case 'loginPage':
      return { status: 200, headers: html, body: page };
    case 'redirectToLogin':
      return { status: 302, headers: { ...html, location: '/login.html' }, body: page };
  }
}

/** A body that begins and never ends. */
async function* endless(): AsyncIterable<string> {
  yield '{"error":';
  await new Promise<never>(() => {});
}

/** A body as the object that it should be. */
export function parse(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
