/** The cells that make runs, as they read in the notebook now. */
import type { INotebookRun } from '../api/types.replay';
import type { INotebookContext } from '../host';
import { sha256 } from './sha256';

/** `%%mlrun --name x` on the first line that says anything. */
const MLRUN = /^\s*%%mlrun\b[^\n]*(\n|$)/;

export function makesRun(source: string): boolean {
  return MLRUN.test(source);
}

export function withoutMagic(source: string): string {
  return source.replace(MLRUN, '');
}

const hashes = new Map<string, readonly string[]>();

/** What is executed of a cell: without the magic's line, its last line ended or not. */
function hashesOf(source: string): readonly string[] {
  let found = hashes.get(source);
  if (!found) {
    const body = withoutMagic(source);
    const bare = body.replace(/\n+$/, '');
    found = [...new Set([body, bare, `${bare}\n`, source])].map(sha256);
    // Every pause in typing leaves one behind.
    if (hashes.size > 500) {
      hashes.clear();
    }
    hashes.set(source, found);
  }
  return found;
}

/** How a run stands to the cell it was made from. */
export type Standing = 'same' | 'changed' | 'deleted' | 'unknown';

export function standing(
  run: Pick<INotebookRun, 'cell_id' | 'code_sha256'>,
  context: INotebookContext | null
): Standing {
  const { cell_id: id, code_sha256: hash } = run;
  if (!context || id === undefined || hash === undefined) {
    return 'unknown';
  }
  const cell = context.cells.find(one => one.id === id);
  if (!cell) {
    return 'deleted';
  }
  return hashesOf(cell.source).includes(hash) ? 'same' : 'changed';
}

/** The newest run of each cell; runs come newest first. */
export function newestByCell(
  runs: readonly INotebookRun[]
): Map<string, INotebookRun> {
  const found = new Map<string, INotebookRun>();
  for (const run of runs) {
    // A replay says nothing of the notebook as it is now.
    const counts = run.cell_id !== undefined && run.replay_of === undefined;
    if (counts && !found.has(run.cell_id as string)) {
      found.set(run.cell_id as string, run);
    }
  }
  return found;
}
