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

/** `at` names the container by the keys that lead to it, from the outermost object. */
export function createItemSplitter(
  at: readonly [string, ...string[]],
  onItem: (item: unknown) => void,
): ItemSplitter {
  const outline = boundedText(outlineMaxLength, 'the reply without its records');
  const item = boundedText(itemMaxLength, 'one record');
  /** How many brackets are open, and how many of them are the path to the container. */
  let depth = 0;
  let matched = 0;
  let inString = false;
  let escaped = false;
  /** The last string that was read outside the container: a key, when a colon and a bracket follow. */
  let lastString = '';
  let key = '';
  let containerIsObject = false;

  const inside = (): boolean => matched === at.length;
  const itemDepth = at.length + 1;

  const emit = (): void => {
    const text = item.take();
    if (text.trim() === '') return;
    onItem(JSON.parse(containerIsObject ? `{${text}}` : text));
  };

  const open = (code: number): void => {
    const leads = depth > 0 && matched === depth - 1 && matched < at.length && key === at[matched];
    depth += 1;
    key = '';
    if (leads) matched += 1;
    if (leads && inside()) containerIsObject = code === openBrace;
  };

  const feed = (chunk: string): void => {
    let start = 0;
    let stringStart = inString ? 0 : -1;
    const flush = (end: number): void => {
      if (end > start) (inside() ? item : outline).add(chunk.slice(start, end));
      start = end;
    };
    for (let index = 0; index < chunk.length; index += 1) {
      const code = chunk.charCodeAt(index);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === backslash) escaped = true;
        else if (code === quote) {
          inString = false;
          if (!inside() && depth <= at.length) lastString += chunk.slice(stringStart, index);
        }
        continue;
      }
      if (code === quote) {
        inString = true;
        stringStart = index + 1;
        lastString = '';
      } else if (code === colon) {
        if (!inside()) key = lastString;
      } else if (code === openBrace || code === openBracket) {
        if (!inside()) {
          flush(index + 1);
          open(code);
        } else depth += 1;
      } else if (code === comma) {
        if (inside() && depth === itemDepth) {
          flush(index);
          emit();
          start = index + 1;
        } else if (!inside()) key = '';
      } else if (code === closeBrace || code === closeBracket) {
        if (inside() && depth === itemDepth) {
          flush(index);
          emit();
        }
        depth -= 1;
        if (matched > 0 && depth === matched) matched -= 1;
      }
    }
    if (inString && !inside() && depth <= at.length && stringStart >= 0)
      lastString += chunk.slice(stringStart);
    flush(chunk.length);
  };

  return { feed, outline: () => outline.take() };
}

function boundedText(maxLength: number, what: string): { add(piece: string): void; take(): string } {
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
