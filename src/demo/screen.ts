/**
 * What the demo shows: headings, lines, and on a terminal one line at the bottom that says what is being waited for and for
 * how long. In a pipe everything is a plain line, and what is waited for is said when it changes.
 */
import { clearLine, cursorTo } from 'node:readline';
import type { Cancel, Clock } from '../ports/clock.ts';
import { colors } from '../terminal/colors.ts';
import { fitted, wrapped } from './wrap.ts';

export interface Screen {
  /** A numbered step of the story. */
  heading(text: string): void;
  line(text?: string): void;
  good(text: string): void;
  bad(text: string): void;
  /** Something that is so and cannot be helped: neither good nor a failure of the demo. */
  caution(text: string): void;
  /** An explanation, quieter than what happens. */
  note(text: string): void;
  /** Text that is to be copied or has columns: never broken into lines; cut at the edge where `edge` says so. */
  verbatim(text: string, edge: 'cut' | 'whole'): void;
  /** What is being waited for, until the next line or `settle`. */
  waiting(text: string): void;
  settle(): void;
}

const margin = 8;
const widthWithoutTerminal = 110;
const frameMs = 120;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export function createScreen(out: NodeJS.WriteStream, time: Clock): Screen {
  const terminal = out.isTTY === true;
  const startedMs = time.monotonicMs();
  const seconds = (): number => (time.monotonicMs() - startedMs) / 1000;
  const width = (): number => (terminal ? out.columns || 80 : widthWithoutTerminal);
  const clock = (): string => colors.dim(`${seconds().toFixed(0).padStart(4)} s`);
  let step = 0;
  let waitingFor = '';
  let frame = 0;
  let stopTicking: Cancel = () => {};

  const wipe = (): void => {
    stopTicking();
    if (terminal && waitingFor !== '') {
      clearLine(out, 0);
      cursorTo(out, 0);
    }
    waitingFor = '';
  };
  const write = (text: string): void => {
    wipe();
    out.write(`${text}\n`);
  };
  /** The first line has the clock and a mark, the others stand under its text. */
  const marked = (mark: string, text: string): void => {
    const indent = margin + (mark === '' ? 0 : 2);
    const [first = '', ...rest] = wrapped(text, width() - indent);
    write(`${clock()}  ${mark === '' ? '' : `${mark} `}${first}`);
    for (const line of rest) write(' '.repeat(indent) + line);
  };
  const paintWaiting = (): void => {
    cursorTo(out, 0);
    clearLine(out, 0);
    const mark = colors.yellow(frames[frame++ % frames.length] ?? '');
    out.write(`${clock()}  ${mark} ${fitted(waitingFor, width() - margin - 3)}`);
    stopTicking = time.after(frameMs, paintWaiting);
  };
  return {
    heading: (text) => {
      step += 1;
      write('');
      for (const [index, line] of wrapped(text, width() - 4).entries())
        write(colors.bold(`${index === 0 ? `${step}. ` : '   '}${line}`));
    },
    line: (text = '') => (text === '' ? write('') : marked('', text)),
    good: (text) => marked(colors.green('✔'), text),
    bad: (text) => marked(colors.red('✘'), text),
    caution: (text) => marked(colors.yellow('!'), text),
    note: (text) => {
      for (const line of wrapped(text, width() - margin)) write(' '.repeat(margin) + colors.dim(line));
    },
    verbatim: (text, edge) =>
      write(' '.repeat(margin) + (edge === 'cut' ? fitted(text, width() - margin) : text)),
    waiting: (text) => {
      if (text === waitingFor) return;
      if (!terminal) {
        marked('…', text);
        waitingFor = text;
        return;
      }
      wipe();
      waitingFor = text;
      paintWaiting();
    },
    settle: wipe,
  };
}
