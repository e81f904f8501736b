/** Keys of the runs table besides those of every grid. */
import type * as React from 'react';
import type { IRunSearch } from '../api/types.runs';
import { addToTray } from '../compare/tray';
import { useHost } from '../host';
import type { IGridRow } from '../table/types';
import type { IShownRuns } from './charts/useShownRuns';
import { NAME } from './columns';
import { trashRuns } from './runActions';
import type { ISelection } from './selection';
import { actRun } from './useChosenRuns';
import type { IRunLines } from './useRunLines';

/** What a key does: true when it took one. `column` counts from 0. */
export type RunKeys = (
  event: React.KeyboardEvent,
  row: IGridRow | undefined,
  index: number,
  column: number
) => boolean;

export function useRunKeys(options: {
  search: IRunSearch;
  lines: IRunLines;
  selection: ISelection;
  shown?: IShownRuns;
  /** Expands a line, or folds it again. */
  toggle: (id: string) => void;
}): RunKeys {
  const host = useHost();
  const { search, lines, selection, shown, toggle } = options;
  return (event, row, _, column) => {
    const run = row && NAME in row.cells ? actRun(row) : undefined;
    // What is chosen, else the run one stands on.
    const meant = selection.runs.length > 0 ? selection.runs : run ? [run] : [];
    const info = row && lines.info(row.id);
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (column === 0 && info && info.children > 0 && info.kind !== 'more') {
      const wanted = { ArrowRight: false, ArrowLeft: true }[event.key];
      if (wanted === info.expanded) {
        toggle(row.id);
        return true;
      }
    }
    if (event.key === 'c' && plain && meant.length > 0) {
      void addToTray(host, meant);
      return true;
    }
    if (event.key === 'Delete' && !search.deleted && meant.length > 0) {
      void trashRuns(host, meant).then(done => done && selection.clear());
      return true;
    }
    if (event.key === 'h' && plain && run && shown) {
      shown.toggle(run.run_id);
      return true;
    }
    if (event.key === 'Escape' && selection.runs.length > 0) {
      selection.clear();
      return true;
    }
    return false;
  };
}
