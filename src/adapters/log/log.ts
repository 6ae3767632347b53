import { createLogger, format, transports } from 'winston';
import type { Clock } from '../../ports/clock.ts';
import type { Log, LogFields } from '../../ports/log.ts';
import { systemClock } from '../clock/systemClock.ts';
import { writable } from './writable.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  /** Where the lines go; default standard error, so that a command's own output stays clean. */
  readonly stream?: NodeJS.WritableStream;
  /** Where the lines' times come from; default the machine's clock. */
  readonly clock?: Clock;
}

/**
 * One JSON document per line: `time` (ISO 8601, UTC), `level`, `message`, then the fields. Errors are written with
 * their stack and their causes; passwords, tokens and the like never are (see writable.ts).
 */
export function createLog({ level, stream = process.stderr, clock = systemClock }: LogOptions): Log {
  const logger = createLogger({
    level,
    format: format.printf((info) => {
      const time = new Date(clock.wallMs()).toISOString();
      return JSON.stringify({
        time,
        level: info.level,
        message: info.message,
        ...(info['fields'] as object),
      });
    }),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  // The fields travel under a name of their own: winston would glue a field called "message" to the message.
  const at =
    (line: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(line)) logger.log({ level: line, message, fields: named(fields) });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Writes nothing. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

const ownNames: ReadonlySet<string> = new Set(['time', 'level', 'message']);

/** A field that has the name of one of the line's own parts is kept under another. */
function named(fields: LogFields): LogFields {
  const entries = Object.entries(writable(fields) as LogFields);
  return Object.fromEntries(
    entries.map(([name, value]) => [ownNames.has(name) ? `field.${name}` : name, value]),
  );
}
