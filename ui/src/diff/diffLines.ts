/** The difference of two short texts, line by line. */
import type { IDiffLine } from './lines';
import { marked, wholeText } from './lines';

/** Beyond this many pairs of lines the texts stand one after the other. */
const MOST_PAIRS = 4_000_000;

/** Lines that both have in the same order stay; the longest such sequence is found. */
export function diffLines(before: string, after: string): IDiffLine[] {
  const a = before.replace(/\n+$/, '').split('\n');
  const b = after.replace(/\n+$/, '').split('\n');
  if (a.length * b.length > MOST_PAIRS) {
    return [...wholeText(before, 'removed'), ...wholeText(after, 'added')];
  }
  const common = lengths(a, b);
  const lines: IDiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i], a: i + 1, b: j + 1 });
      [i, j] = [i + 1, j + 1];
    } else if (
      j >= b.length ||
      (i < a.length && common[i + 1][j] >= common[i][j + 1])
    ) {
      lines.push({ kind: 'removed', text: a[i], a: i + 1 });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: b[j], b: j + 1 });
      j += 1;
    }
  }
  return marked(lines);
}

/** How many lines are common from each pair on to the ends. */
function lengths(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const table = Array.from(
    { length: a.length + 1 },
    () => new Uint32Array(b.length + 1)
  );
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i][j] =
        a[i] === b[j]
          ? table[i + 1][j + 1] + 1
          : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}
