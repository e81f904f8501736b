import * as React from 'react';
import { formatAddress } from '../address';
import type { IRunSearch } from '../api/types.runs';
import { ErrorView } from '../components/ErrorView';
import { Skeleton } from '../components/Skeleton';
import { formatInteger } from '../format';
import { useHost, useTrans } from '../host';
import { Grid } from '../table/Grid';
import type { IGridColumn, IGridRow, ISort } from '../table/types';
import type { IShownRuns } from './charts/useShownRuns';
import { gridColumns, START } from './columns';
import type { ILook } from './columns';
import { NoRuns } from './NoRuns';
import { useLead } from './RunLead';
import { SelectionBar } from './SelectionBar';
import type { ISelection } from './selection';
import { useChosenRuns } from './useChosenRuns';
import { useRunKeys } from './useRunKeys';
import { useRunLines } from './useRunLines';
import type { IRunLines } from './useRunLines';

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
  const chosen = useChosenRuns(lines, selection, search);
  const lead = useLead(chosen, props.shown, trans.__('Choose all'));
  const onKey = useRunKeys({
    search,
    lines,
    selection,
    shown: props.shown,
    toggle
  });
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
