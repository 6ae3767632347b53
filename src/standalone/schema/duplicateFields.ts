/**
 * Paths of object keys that stand twice in a JSON text, as `spec.mode`. JSON.parse keeps the last one silently; Kubernetes
 * refuses or warns, since one of the two was not meant. The text must be valid JSON and `value` what it parses to.
 */
export function duplicateFields(text: string, value: unknown): readonly string[] {
  // What a program wrote compactly is as long as when it is written again: then no key was lost.
  if (JSON.stringify(value).length === text.trimEnd().length) return [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
  const found: string[] = [];
  const open: Level[] = [];
  let key: string | undefined;
  for (const [piece] of text.matchAll(token)) {
    const level = open.at(-1);
    switch (piece) {
      case '{':
      case '[':
        open.push({ path: pathOf(level, key), keys: piece === '{' ? new Set() : undefined, index: 0 });
        key = undefined;
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (level !== undefined) level.index += 1;
        key = undefined;
        break;
      case ':':
        break;
      default:
        if (level?.keys === undefined || key !== undefined) break;
        key = JSON.parse(piece) as string;
        if (level.keys.has(key)) found.push(pathOf(level, key));
        level.keys.add(key);
    }
  }
  return found;
}

interface Level {
  readonly path: string;
  /** Undefined in a list. */
  readonly keys: Set<string> | undefined;
  index: number;
}

function pathOf(level: Level | undefined, key: string | undefined): string {
  if (level === undefined) return '';
  if (level.keys === undefined) return `${level.path}[${level.index}]`;
  return level.path === '' ? (key ?? '') : `${level.path}.${key}`;
}
