/** Rows of the runs table that are chosen: one by one, as a range, by group, or all that the search finds. */
import * as React from 'react';
import type { IRunSearch } from '../api/types.runs';
import { useHost } from '../host';
import type { IHost } from '../host';
import type { IGridRow, IGridSelection } from '../table/types';
import { NAME } from './columns';
import type { IActRun } from './runActions';
import type { ISelection } from './selection';
import type { IRunLines } from './useRunLines';

/** So many runs can be chosen at once. */
const MOST_CHOSEN = 10_000;
const CHOOSE_BLOCK = 500;

export function actRun(row: IGridRow): IActRun {
  return { run_id: row.id, name: String(row.cells[NAME] ?? row.id) };
}

export function useChosenRuns(
  lines: IRunLines,
  selection: ISelection,
  search: IRunSearch
): IGridSelection {
  const host = useHost();
  const state = React.useRef({ lines, selection, search });
  state.current = { lines, selection, search };
  const { ids } = selection;
  return React.useMemo(
    () => ({
      has: id => ids.has(id),
      toggle: (index, row, extend) => {
        const { lines: now, selection: chosen } = state.current;
        const info = now.info(row.id);
        if (info?.kind === 'more') {
          return;
        }
        if (info?.group) {
          // A group's box stands for all of its runs.
          const members = info.group.ids.map(id => ({
            run_id: id,
            name: id.slice(0, 8)
          }));
          if (members.every(run => chosen.has(run.run_id))) {
            members.forEach(run => chosen.toggle(run));
          } else {
            chosen.add(members);
          }
          return;
        }
        const from = chosen.anchor.current;
        if (extend && from !== null && from !== index && index >= 0) {
          const [low, high] = [Math.min(from, index), Math.max(from, index)];
          const rows = Array.from({ length: high - low + 1 }, (_, i) =>
            now.row(low + i)
          );
          chosen.add(
            rows
              .filter(
                (one): one is IGridRow => one !== undefined && NAME in one.cells
              )
              .map(actRun)
          );
        } else {
          chosen.toggle(actRun(row));
        }
        chosen.anchor.current = index;
      },
      all: () => {
        const { search: now, selection: chosen } = state.current;
        void chooseAll(host, now, chosen);
      },
      clear: () => state.current.selection.clear()
    }),
    [ids, host]
  );
}

/** Every run that the search finds, not only those that have been fetched. */
async function chooseAll(
  host: IHost,
  search: IRunSearch,
  selection: ISelection
): Promise<void> {
  const found: IActRun[] = [];
  try {
    for (let offset = 0; offset < MOST_CHOSEN; offset += CHOOSE_BLOCK) {
      const page = await host.api.runs.query({
        ...search,
        group_by: undefined,
        columns: [NAME],
        offset,
        limit: CHOOSE_BLOCK
      });
      const names = page.columns[0]?.values ?? [];
      page.ids.forEach((id, i) =>
        found.push({ run_id: id, name: String(names[i] ?? id) })
      );
      if (found.length >= page.total || page.ids.length === 0) {
        break;
      }
    }
  } catch (error) {
    host.notify({ kind: 'error', message: (error as Error).message });
    return;
  }
  selection.set(found);
}
