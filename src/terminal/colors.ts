import picocolors from 'picocolors';

/**
 * Colours for what people read on standard output: on a terminal only, and not where NO_COLOR asks for none. picocolors by
 * itself would also colour a pipe wherever CI is set.
 */
export const colors = picocolors.createColors(
  process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
);
