/** A history as one word on a command line, and back. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { History } from './history.ts';

export function wordOf(history: History): string {
  return deflateRawSync(Buffer.from(JSON.stringify(history), 'utf8')).toString('base64url');
}

/** Throws a sentence when the word is none of ours. */
export function historyOf(word: string): History {
  try {
    return JSON.parse(inflateRawSync(Buffer.from(word, 'base64url')).toString('utf8')) as History;
  } catch (error) {
    throw new Error('what follows --replay is not a history that the simulation has printed', {
      cause: error,
    });
  }
}

export function replayLine(history: History): string {
  return `npm run simulate -- --replay '${wordOf(history)}'`;
}
