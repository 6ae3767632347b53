/**
 * What the demo shows: headings, lines, and on a terminal one line at the bottom that says what is being waited for. In a
 * pipe everything is a plain line, and what is waited for is said when it changes.
 */
import { clearLine, cursorTo } from 'node:readline';
import colors from 'picocolors';

export interface Screen {
  /** A numbered step of the story. */
  heading(text: string): void;
  line(text?: string): void;
  good(text: string): void;
  bad(text: string): void;
  /** An explanation, quieter than what happens. */
  note(text: string): void;
  /** What is being waited for, until the next line or `settle`. */
  waiting(text: string): void;
  settle(): void;
}

export function createScreen(out: NodeJS.WriteStream): Screen {
  const terminal = out.isTTY === true;
  const startedMs = performance.now();
  let step = 0;
  let waitingFor = '';
  const wipe = (): void => {
    if (!terminal || waitingFor === '') return;
    clearLine(out, 0);
    cursorTo(out, 0);
  };
  const write = (text: string): void => {
    wipe();
    waitingFor = '';
    out.write(`${text}\n`);
  };
  const clock = (): string =>
    colors.dim(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s`);
  return {
    heading: (text) => {
      step += 1;
      write('');
      write(colors.bold(`${step}. ${text}`));
    },
    line: (text = '') => write(text === '' ? '' : `${clock()}  ${text}`),
    good: (text) => write(`${clock()}  ${colors.green('✔')} ${text}`),
    bad: (text) => write(`${clock()}  ${colors.red('✘')} ${text}`),
    note: (text) => write(`        ${colors.dim(text)}`),
    waiting: (text) => {
      if (text === waitingFor) return;
      if (!terminal) {
        write(`${clock()}  … ${text}`);
        waitingFor = text;
        return;
      }
      wipe();
      waitingFor = text;
      out.write(`${clock()}  ${colors.yellow('…')} ${text.slice(0, Math.max(20, (out.columns || 80) - 12))}`);
    },
    settle: () => {
      wipe();
      waitingFor = '';
    },
  };
}
