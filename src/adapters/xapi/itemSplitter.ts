/**
 * Cuts a JSON text that arrives in pieces into the items of one container in it, and hands each over as soon as it is
 * complete. What is left, the outline, is the same text with that container empty. So memory holds one item at a time.
 *
 * It only counts brackets and skips strings; whether an item or the outline is JSON at all is decided by JSON.parse,
 * which throws SyntaxError. A text that breaks off has an outline that is not JSON.
 */
export interface ItemSplitter {
  feed(chunk: string): void;
  outline(): string;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

const outlineMaxLength = 1024 * 1024;
const itemMaxLength = 8 * 1024 * 1024;

interface State {
  readonly at: readonly string[];
  readonly onItem: (item: unknown) => void;
  readonly outline: BoundedText;
  readonly item: BoundedText;
  /** How many brackets are open, and how many of them lead to the container. */
  depth: number;
  matched: number;
  containerIsObject: boolean;
  inString: boolean;
  escaped: boolean;
  /** The last string outside the container: a key, when a colon follows. */
  lastString: string;
  key: string;
  /** Where the part of the present chunk begins that was not put anywhere yet. */
  start: number;
}

/** `at` names the container by the keys that lead to it, from the outermost object. */
export function createItemSplitter(
  at: readonly [string, ...string[]],
  onItem: (item: unknown) => void,
): ItemSplitter {
  const state: State = {
    at,
    onItem,
    outline: boundedText(outlineMaxLength, 'the reply without its records'),
    item: boundedText(itemMaxLength, 'one record'),
    depth: 0,
    matched: 0,
    containerIsObject: false,
    inString: false,
    escaped: false,
    lastString: '',
    key: '',
    start: 0,
  };
  return { feed: (chunk) => feed(state, chunk), outline: () => state.outline.take() };
}

function feed(state: State, chunk: string): void {
  let stringStart = 0;
  state.start = 0;
  for (let index = 0; index < chunk.length; index += 1) {
    const code = chunk.charCodeAt(index);
    if (state.inString) {
      if (state.escaped) state.escaped = false;
      else if (code === backslash) state.escaped = true;
      else if (code === quote) {
        state.inString = false;
        noteString(state, chunk.slice(stringStart, index));
      }
    } else if (code === quote) {
      state.inString = true;
      state.lastString = '';
      stringStart = index + 1;
    } else if (code === openBrace || code === openBracket) open(state, chunk, index);
    else if (code === closeBrace || code === closeBracket) close(state, chunk, index);
    else if (code === comma) separate(state, chunk, index);
    else if (code === colon && !inside(state)) state.key = state.lastString;
  }
  if (state.inString) noteString(state, chunk.slice(stringStart));
  flush(state, chunk, chunk.length);
}

function inside(state: State): boolean {
  return state.matched === state.at.length;
}

/** Only strings that may be one of the keys of `at` are kept. */
function noteString(state: State, piece: string): void {
  if (!inside(state) && state.depth <= state.at.length) state.lastString += piece;
}

function open(state: State, chunk: string, index: number): void {
  if (inside(state)) {
    state.depth += 1;
    return;
  }
  flush(state, chunk, index + 1);
  const leads = state.depth > 0 && state.matched === state.depth - 1 && state.key === state.at[state.matched];
  state.depth += 1;
  state.key = '';
  if (!leads) return;
  state.matched += 1;
  state.containerIsObject = chunk.charCodeAt(index) === openBrace;
}

function close(state: State, chunk: string, index: number): void {
  if (inside(state) && state.depth === state.at.length + 1) {
    flush(state, chunk, index);
    emit(state);
  }
  state.depth -= 1;
  if (state.matched > 0 && state.depth === state.matched) state.matched -= 1;
}

function separate(state: State, chunk: string, index: number): void {
  if (!inside(state)) state.key = '';
  else if (state.depth === state.at.length + 1) {
    flush(state, chunk, index);
    emit(state);
    state.start = index + 1;
  }
}

function flush(state: State, chunk: string, end: number): void {
  if (end > state.start) (inside(state) ? state.item : state.outline).add(chunk.slice(state.start, end));
  state.start = end;
}

function emit(state: State): void {
  const text = state.item.take();
  if (text.trim() !== '') state.onItem(JSON.parse(state.containerIsObject ? `{${text}}` : text));
}

interface BoundedText {
  add(piece: string): void;
  take(): string;
}

function boundedText(maxLength: number, what: string): BoundedText {
  let pieces: string[] = [];
  let length = 0;
  return {
    add: (piece) => {
      length += piece.length;
      if (length > maxLength) throw new RangeError(`${what} is longer than ${maxLength} characters`);
      pieces.push(piece);
    },
    take: () => {
      const text = pieces.join('');
      pieces = [];
      length = 0;
      return text;
    },
  };
}
