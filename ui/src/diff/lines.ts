/** Unified text as lines with numbers, and what differs within a line. */

export interface IDiffLine {
  kind: 'same' | 'added' | 'removed' | 'gap';
  text: string;
  /** Line numbers from 1 on either side. */
  a?: number;
  b?: number;
  /** The part of the line that differs from its partner. */
  mark?: readonly [number, number];
}

/** A pair of lines side by side; one side is absent where nothing stands. */
export interface IDiffPair {
  a?: IDiffLine;
  b?: IDiffLine;
}

/** All lines of a text, as if they stood on one side only, or were the same on both. */
export function wholeText(
  source: string,
  kind: 'same' | 'added' | 'removed'
): IDiffLine[] {
  return trimmed(source)
    .split('\n')
    .map((text, i) => ({
      kind,
      text,
      a: kind === 'added' ? undefined : i + 1,
      b: kind === 'removed' ? undefined : i + 1
    }));
}

function trimmed(source: string): string {
  return source.replace(/\n+$/, '');
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** Lines of a unified difference; hunks are told apart by a gap. */
export function parseUnified(diff: string): IDiffLine[] {
  const lines: IDiffLine[] = [];
  let [a, b] = [1, 1];
  for (const line of trimmed(diff).split('\n')) {
    const hunk = HUNK.exec(line);
    if (hunk) {
      const [from, to] = [Number(hunk[1]), Number(hunk[2])];
      if (from > a || to > b) {
        lines.push({ kind: 'gap', text: '' });
      }
      [a, b] = [Math.max(from, 1), Math.max(to, 1)];
    } else if (line.startsWith('+')) {
      lines.push({ kind: 'added', text: line.slice(1), b });
      b += 1;
    } else if (line.startsWith('-')) {
      lines.push({ kind: 'removed', text: line.slice(1), a });
      a += 1;
    } else if (!line.startsWith('\\')) {
      lines.push({ kind: 'same', text: line.slice(1), a, b });
      [a, b] = [a + 1, b + 1];
    }
  }
  return marked(lines);
}

/** Marks, in lines that replace each other one by one, what is different. */
export function marked(lines: readonly IDiffLine[]): IDiffLine[] {
  const found = [...lines];
  for (let i = 0; i < found.length; i += 1) {
    const removed = run(found, i, 'removed');
    const added = run(found, i + removed, 'added');
    if (removed > 0 && removed === added) {
      for (let j = 0; j < removed; j += 1) {
        const [a, b] = [found[i + j], found[i + removed + j]];
        const part = differing(a.text, b.text);
        if (part) {
          found[i + j] = { ...a, mark: part.a };
          found[i + removed + j] = { ...b, mark: part.b };
        }
      }
    }
    i += Math.max(removed + added - 1, 0);
  }
  return found;
}

function run(
  lines: readonly IDiffLine[],
  from: number,
  kind: IDiffLine['kind']
): number {
  let to = from;
  while (to < lines.length && lines[to].kind === kind) {
    to += 1;
  }
  return to - from;
}

/** What lies between the common beginning and the common end; null when hardly anything is common. */
export function differing(
  a: string,
  b: string
): { a: [number, number]; b: [number, number] } | null {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < shorter - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end += 1;
  }
  // Half a character of two units is no place to begin.
  if (start > 0 && /[\uD800-\uDBFF]/.test(a[start - 1])) {
    start -= 1;
  }
  if (end > 0 && /[\uDC00-\uDFFF]/.test(a[a.length - end])) {
    end -= 1;
  }
  const common = a.slice(0, start).trim().length + end;
  return common < 2
    ? null
    : { a: [start, a.length - end], b: [start, b.length - end] };
}

/** Lines side by side: removed ones left, added ones right, in the order they stand. */
export function sideBySide(lines: readonly IDiffLine[]): IDiffPair[] {
  const pairs: IDiffPair[] = [];
  for (let i = 0; i < lines.length;) {
    const removed = run(lines, i, 'removed');
    const added = run(lines, i + removed, 'added');
    if (removed + added === 0) {
      pairs.push({ a: lines[i], b: lines[i] });
      i += 1;
      continue;
    }
    for (let j = 0; j < Math.max(removed, added); j += 1) {
      pairs.push({
        a: j < removed ? lines[i + j] : undefined,
        b: j < added ? lines[i + removed + j] : undefined
      });
    }
    i += removed + added;
  }
  return pairs;
}
