import { InvalidArgumentError, Option } from 'commander';

export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'how much is written to standard error, as JSON lines')
    .choices(['debug', 'info', 'warn', 'error'])
    .default('info');
}

/** A TCP port; 0 takes a free one. */
export function asPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
