import { timingSafeEqual } from 'node:crypto';
import type { HttpHandler, HttpReply, HttpRequest } from '../wire/http.ts';
import { obey, type SteerCommand } from './commands.ts';
import type { LabDocument } from './document.ts';
import type { ServedLab } from './sockets.ts';

/** The lab document, and how to steer the lab: what lab.json holds. */
export interface LabSheet extends LabDocument {
  /** `http://127.0.0.1:port` */
  readonly controlUrl: string;
  /** Bearer token of the control server. */
  readonly controlToken: string;
}

/** The lab's control server: GET /status, GET /verdict, POST /steer. For whoever has the token. */
export function createControlServer(served: ServedLab, token: string): HttpHandler {
  return async (request) => {
    if (!isToken(request, token)) return problem(401, 'the token of this lab is missing or wrong');
    const { lab } = served;
    const where = `${request.method} ${request.path}`;
    if (where === 'GET /status') return json(200, lab.status());
    if (where === 'GET /verdict') return json(200, lab.verdict());
    if (where !== 'POST /steer') return problem(404, `the lab's control server does not serve ${where}`);
    try {
      const said = await obey(lab, parse(request.body));
      await served.settled();
      return json(200, { said });
    } catch (error) {
      return problem(400, error instanceof Error ? error.message : String(error));
    }
  };
}

function parse(body: Uint8Array): SteerCommand {
  const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'verb' in parsed && typeof parsed.verb === 'string') {
    return parsed as SteerCommand;
  }
  throw new Error('a command is an object with a verb');
}

function isToken({ headers }: HttpRequest, token: string): boolean {
  const { authorization = '' } = headers;
  const given = Buffer.from(authorization);
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function json(status: number, value: object): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function problem(status: number, sentence: string): HttpReply {
  return json(status, { error: sentence });
}
