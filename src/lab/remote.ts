/** A running lab and whoever steers it from another process: the control server of the one, and what the other asks. */
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exchange } from '../adapters/network/exchange.ts';
import type { Clock } from '../ports/clock.ts';
import type { Network } from '../ports/network.ts';
import type { HttpHandler, HttpReply, HttpRequest } from '../wire/http.ts';
import type { LabDocument } from './document.ts';
import type { ServedLab } from './sockets.ts';
import type { LabStatus } from './status.ts';
import { obey, type SteerCommand } from './verbs.ts';
import type { Verdict } from './verdict.ts';

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
    return { words: {}, rest: [], ...parsed, verb: parsed.verb };
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

/** A running lab, seen from another process. Every method throws a sentence when the lab does not answer or refuses. */
export interface RemoteLab {
  steer(command: SteerCommand): Promise<string>;
  status(): Promise<LabStatus>;
  verdict(): Promise<Verdict>;
  close(): Promise<void>;
}

export function sheetPath(stateFolder: string): string {
  return join(stateFolder, 'lab.json');
}

/** Throws a sentence when there is no lab in the folder. */
export function readSheet(stateFolder: string): LabSheet {
  try {
    return JSON.parse(readFileSync(sheetPath(stateFolder), 'utf8')) as LabSheet;
  } catch (error) {
    throw new Error(
      `cannot read ${sheetPath(stateFolder)}: start a lab with "kintsugi lab up --state ${stateFolder}" first`,
      { cause: error },
    );
  }
}

export function steerFrom(
  { controlUrl, controlToken }: Pick<LabSheet, 'controlUrl' | 'controlToken'>,
  { network, clock }: { readonly network: Network; readonly clock: Clock },
): RemoteLab {
  const dispatcher = network.open({ origin: controlUrl, trust: { kind: 'plaintext' }, connections: 1 });
  const ask = async <T>(method: 'GET' | 'POST', path: string, body?: SteerCommand): Promise<T> => {
    const reply = await exchange(dispatcher, clock, {
      method,
      path,
      headers: { authorization: `Bearer ${controlToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A call to a member that is gone takes as long as XAPI takes over it.
      deadlineMs: body?.verb === 'call' ? 300_000 : 10_000,
    }).catch((error: unknown) => {
      throw new Error(`no lab answers at ${controlUrl}; it lives only as long as "kintsugi lab up" runs`, {
        cause: error,
      });
    });
    const value = JSON.parse(reply.text) as T & { readonly error?: string };
    if (reply.status !== 200) throw new Error(value.error ?? `the lab answered ${reply.status}`);
    return value;
  };
  return {
    steer: async (command) => (await ask<{ readonly said: string }>('POST', '/steer', command)).said,
    status: () => ask<LabStatus>('GET', '/status'),
    verdict: () => ask<Verdict>('GET', '/verdict'),
    close: () => dispatcher.close(),
  };
}
