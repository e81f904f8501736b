import * as React from 'react';
import { formatAddress } from '../address';
import type { IRunSearch } from '../api/types.runs';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView } from '../components/ErrorView';
import { Skeleton } from '../components/Skeleton';
import { Icon } from '../components/Icon';
import { addToTray } from '../compare/tray';
import { formatInteger } from '../format';
import { useHost, useTrans } from '../host';
import { Grid } from '../table/Grid';
import type {
  IGridColumn,
  IGridLead,
  IGridRow,
  IGridSelection,
  ISort
} from '../table/types';
import { gridColumns, NAME, START } from './columns';
import type { ILook } from './columns';
import { InsertExample } from './InsertExample';
import { groupId, useRunLines } from './useRunLines';
import type { IRunLines } from './useRunLines';
import { trashRuns } from './runActions';
import type { IActRun } from './runActions';
import { SelectionBar } from './SelectionBar';
import type { ISelection } from './selection';
import type { IShownRuns } from './charts/useShownRuns';

/** So many runs can be chosen at once. */
const MOST_CHOSEN = 10_000;
const CHOOSE_BLOCK = 500;
/** More runs are not told apart by colours. */
const MOST_COLORS = 24;

export interface IRunsTableProps {
  search: IRunSearch;
  columns: readonly string[];
  sort: ISort | null;
  onSort: (key: string) => void;
  selection: ISelection;
  /** Which runs the pictures show; absent while there are no pictures. */
  shown?: IShownRuns;
}

/** Runs in rows: chosen, expanded, sorted and opened. */
export function RunsTable(props: IRunsTableProps): JSX.Element {
  const { search, columns, selection, sort } = props;
  const host = useHost();
  const trans = useTrans();
  const [expanded, setExpanded] = React.useState<ReadonlySet<string>>(
    new Set()
  );
  const lines = useRunLines({
    search,
    columns,
    expanded,
    pins: !search.deleted && !search.group_by
  });
  const toggle = React.useCallback(
    (id: string) =>
      setExpanded(old => {
        const next = new Set(old);
        if (!next.delete(id)) {
          next.add(id);
        }
        return next;
      }),
    []
  );
  const grid = useGridColumns(columns, lines, toggle, search.group_by);
  const chosen = useGridSelection(lines, selection, search);
  const lead = useLead(chosen, props.shown, trans.__('Choose all'));
  const runAt = (row: IGridRow | undefined): IActRun | undefined =>
    row && NAME in row.cells ? actRun(row) : undefined;

  const onKey = (
    event: React.KeyboardEvent,
    row: IGridRow | undefined,
    _: number,
    column: number
  ): boolean => {
    const info = row && lines.info(row.id);
    const run = runAt(row);
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (column === 0 && info && info.children > 0 && info.kind !== 'more') {
      const wanted = { ArrowRight: false, ArrowLeft: true }[event.key];
      if (wanted === info.expanded) {
        toggle(row.id);
        return true;
      }
    }
    if (event.key === 'c' && plain && (run || selection.runs.length > 0)) {
      void addToTray(host, selection.runs.length ? selection.runs : [run!]);
      return true;
    }
    if (
      event.key === 'Delete' &&
      !search.deleted &&
      (run || selection.runs.length)
    ) {
      void trashRuns(
        host,
        selection.runs.length ? selection.runs : [run!]
      ).then(done => done && selection.clear());
      return true;
    }
    if (event.key === 'h' && plain && run && props.shown) {
      props.shown.toggle(run.run_id);
      return true;
    }
    if (event.key === 'Escape' && selection.runs.length > 0) {
      selection.clear();
      return true;
    }
    return false;
  };
  const onOpen = (row: IGridRow): void => {
    const info = lines.info(row.id);
    if (info?.kind === 'group') {
      toggle(row.id);
    } else if (info?.kind !== 'more') {
      host.open(formatAddress('run', row.id));
    }
  };
  const pinned = React.useMemo(
    () => new Set(lines.pinned.map(row => row.id)),
    [lines.pinned]
  );
  return (
    <>
      {selection.runs.length > 0 && (
        <SelectionBar
          selection={selection}
          inTrash={search.deleted === true}
          allPinned={selection.runs.every(run => pinned.has(run.run_id))}
          onAll={() => chosen.all?.()}
        />
      )}
      {lines.error && <ErrorView error={lines.error} onRetry={lines.retry} />}
      {lines.total === undefined && !lines.error && (
        <Skeleton kind="grid" rows={10} />
      )}
      {lines.total === 0 && <NoRuns search={search} />}
      {lines.total !== undefined && lines.total > 0 && (
        <Grid
          label={trans.__('Runs')}
          columns={grid}
          total={lines.total}
          row={lines.row}
          onRange={lines.onRange}
          onColumns={lines.onColumns}
          pinned={lines.pinned}
          isStale={lines.isStale}
          sort={sort ?? { key: START, down: true }}
          onSort={props.onSort}
          onOpen={onOpen}
          selection={chosen}
          lead={lead}
          level={row => {
            const info = lines.info(row.id);
            return info
              ? {
                  level: info.level,
                  expanded:
                    info.children > 0 && info.kind !== 'more'
                      ? info.expanded
                      : undefined
                }
              : undefined;
          }}
          rowClass={row => {
            const kind = lines.info(row.id)?.kind;
            return kind && kind !== 'run' ? `jp-mod-${kind}` : undefined;
          }}
          onKey={onKey}
        />
      )}
      <Count lines={lines} search={search} />
    </>
  );
}

export function actRun(row: IGridRow): IActRun {
  return { run_id: row.id, name: String(row.cells[NAME] ?? row.id) };
}

/** How many runs there are: heard when it changes. */
function Count(props: { lines: IRunLines; search: IRunSearch }): JSX.Element {
  const trans = useTrans();
  const { runs, groups } = props.lines;
  return (
    <p className="jp-mlnb-RunsTable-count" role="status">
      {runs !== undefined &&
        (props.search.group_by
          ? trans.__(
              '%1 in %2, which show the mean of their runs',
              trans._n('%2 run', '%2 runs', runs, formatInteger(runs)),
              trans._n(
                '%2 group',
                '%2 groups',
                groups ?? 0,
                formatInteger(groups ?? 0)
              )
            )
          : trans._n('%2 run', '%2 runs', runs, formatInteger(runs)))}
    </p>
  );
}

/** Columns that stay the same objects while nothing of them changes. */
function useGridColumns(
  chosen: readonly string[],
  lines: IRunLines,
  onToggle: (id: string) => void,
  groupBy: string | undefined
): IGridColumn[] {
  const trans = useTrans();
  const { info, columns: loaded, pinned } = lines;
  const key = chosen.join('\n');
  // What a line is besides its values is read when it is drawn.
  const latest = React.useRef(info);
  latest.current = info;
  return React.useMemo(() => {
    const pins = new Set(pinned.map(row => row.id));
    const look: ILook = {
      info: id => latest.current(id),
      isPinned: id => pins.has(id),
      onToggle,
      groupBy
    };
    return gridColumns(key ? key.split('\n') : [], loaded, trans, look);
  }, [key, loaded, trans, onToggle, groupBy, pinned]);
}

/** Rows are chosen one by one, as a range, or all that fulfil the filter. */
function useGridSelection(
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
  host: ReturnType<typeof useHost>,
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

/** In front of each run: chosen or not, and whether the pictures show it. */
function useLead(
  chosen: IGridSelection,
  shown: IShownRuns | undefined,
  allLabel: string
): IGridLead {
  const trans = useTrans();
  return React.useMemo(
    () => ({
      width: shown ? 66 : 36,
      head: (
        <input
          type="checkbox"
          className="jp-mlnb-RunLead-box"
          tabIndex={-1}
          aria-label={allLabel}
          checked={false}
          onChange={() => chosen.all?.()}
        />
      ),
      cell: (row, index) => {
        const name = String(row.cells[NAME] ?? row.id);
        if (row.id.startsWith('more:')) {
          return null;
        }
        const place = shown?.place(row.id);
        const isRun = NAME in row.cells;
        return (
          <>
            <input
              type="checkbox"
              className="jp-mlnb-RunLead-box"
              tabIndex={-1}
              aria-label={trans.__('Choose %1', name)}
              checked={chosen.has(row.id)}
              onClick={event => chosen.toggle(index, row, event.shiftKey)}
              onChange={() => undefined}
            />
            {shown && isRun && (
              <button
                type="button"
                className={`jp-mlnb-RunLead-eye${place === undefined ? ' jp-mod-off' : ''}`}
                tabIndex={-1}
                aria-pressed={place !== undefined}
                aria-label={trans.__('Show %1 in the pictures', name)}
                title={
                  place === undefined
                    ? trans.__('Show in the pictures (h)')
                    : trans.__('Hide in the pictures (h)')
                }
                onClick={() => shown.toggle(row.id)}
              >
                {place === undefined ? (
                  <Icon name="eyeOff" />
                ) : shown.ids.length > MOST_COLORS ? (
                  <Icon name="eye" />
                ) : (
                  <span
                    className="jp-mlnb-RunLead-swatch"
                    style={{
                      background: `var(--jp-mlnb-series-${(place % 8) + 1})`
                    }}
                  />
                )}
              </button>
            )}
          </>
        );
      }
    }),
    [chosen, shown, trans, allLabel]
  );
}

function NoRuns({ search }: { search: IRunSearch }): JSX.Element {
  const trans = useTrans();
  const host = useHost();
  if (search.deleted) {
    return (
      <EmptyState
        icon="trash"
        title={trans.__('The trash is empty')}
        text={trans.__(
          'Runs that are thrown away lie here for a while and can be restored.'
        )}
      />
    );
  }
  return search.filter || search.state ? (
    <EmptyState icon="search" title={trans.__('No run fulfils this filter')} />
  ) : (
    <EmptyState
      icon="run"
      title={trans.__('No runs yet')}
      text={trans.__(
        'Put %1 on the first line of a cell that trains a model, and run it.',
        '%%mlrun'
      )}
    >
      <InsertExample />
      <Button
        label={trans.__('Open all runs')}
        onClick={() => host.open(formatAddress('runs', 'all'))}
      />
    </EmptyState>
  );
}

export { groupId };
