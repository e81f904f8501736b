import * as React from 'react';
import type { IGridQuery } from '../api/grids';
import type { IProfile } from '../api/types.explore';
import type { IColumnFilter } from '../api/types.tables';
import { ConditionChips, ConditionEditor } from '../catalog/Conditions';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView, explain } from '../components/ErrorView';
import { SearchBox } from '../components/SearchBox';
import { Skeleton } from '../components/Skeleton';
import { Tabs } from '../components/Tabs';
import { formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useDebounced } from '../hooks/useDebounced';
import type { Live } from '../hooks/useLive';
import { useHost, useTrans } from '../host';
import type { IOutputProps } from '../output/types';
import { Grid } from '../table/Grid';
import type { ISort } from '../table/types';
import { useBlocks } from '../table/useBlocks';
import { ChartBuilder } from './ChartBuilder';
import type { IChoice } from './choice';
import { saveFile } from './saveFile';
import { blockQuery, columnsOf, conditionsOf, pageOf } from './rows';
import type { IGridSnapshot } from './rows';

/** Rows that can be scrolled to; the rest is counted. */
const LAST_ROW = 10_000;
const SETTLE_MS = 250;
const ROW = 24;
/** Rows that are seen at once. */
const TALL = 14;

export interface IDataGridProps {
  id: string;
  /** The variable that holds the frame. */
  name?: string;
  snapshot: IGridSnapshot;
  live: Live;
  tab?: string;
  chart?: IChoice;
  onProps?: (change: Record<string, unknown>) => void;
}

/** The grid as an output names it. */
export function DataGridOutput(props: IOutputProps): JSX.Element {
  const { view, live, onProps } = props;
  const { id, name, tab, chart } = (view.props ?? {}) as Record<
    string,
    unknown
  >;
  return (
    <DataGrid
      id={String(id ?? '')}
      name={typeof name === 'string' ? name : undefined}
      snapshot={(view.snapshot ?? {}) as unknown as IGridSnapshot}
      live={live}
      tab={typeof tab === 'string' ? tab : undefined}
      chart={chart as IChoice | undefined}
      onProps={onProps}
    />
  );
}

/** A frame's rows: sorted, filtered and searched over all of them, profiled, drawn and saved as files. */
export function DataGrid(props: IDataGridProps): JSX.Element {
  const { snapshot, name, onProps } = props;
  const trans = useTrans();
  const [tab, setTab] = React.useState(props.tab ?? 'rows');
  const select = (next: string): void => {
    setTab(next);
    onProps?.({ tab: next });
  };
  const tabs = [
    { id: 'rows', label: trans.__('Rows') },
    { id: 'profile', label: trans.__('Profile') },
    { id: 'chart', label: trans.__('Chart') }
  ];
  const current = tabs.some(one => one.id === tab) ? tab : 'rows';
  return (
    <section
      className="jp-mlnb-DataGrid"
      aria-label={
        name ? trans.__('Data frame %1', name) : trans.__('Data frame')
      }
    >
      <Tabs
        label={trans.__('Views of the data')}
        tabs={tabs}
        current={current}
        onSelect={select}
      >
        {current === 'rows' && <RowsTab {...props} />}
        {current === 'profile' && <ProfileTab {...props} />}
        {current === 'chart' && (
          <ChartBuilder
            id={props.id}
            name={name}
            live={props.live}
            columns={snapshot.columns ?? []}
            types={snapshot.types ?? []}
            choice={props.chart}
            onChoice={chart => onProps?.({ chart })}
          />
        )}
      </Tabs>
    </section>
  );
}

function RowsTab(props: IDataGridProps): JSX.Element {
  const { id, live, snapshot } = props;
  const trans = useTrans();
  const isLive = live === 'live';
  const [search, setSearch] = React.useState('');
  const [filters, setFilters] = React.useState<readonly IColumnFilter[]>([]);
  const [sort, setSort] = React.useState<ISort | null>(null);
  const text = useDebounced(search.trim(), SETTLE_MS);
  const query: IGridQuery = React.useMemo(
    () => ({
      ...(text ? { search: text } : {}),
      ...(filters.length > 0 ? { filters: conditionsOf(filters) } : {}),
      ...(sort ? { sort: [{ column: sort.key, down: sort.down }] } : {})
    }),
    [text, filters, sort]
  );
  const blocks = useBlocks({
    key: JSON.stringify([id, query]),
    size: 200,
    limit: LAST_ROW,
    enabled: isLive && id !== '',
    query: (offset, limit) => blockQuery(id, { ...query, offset, limit })
  });
  // Until the kernel has answered, and when it is gone, the saved rows are shown.
  const saved = React.useMemo(() => pageOf(snapshot), [snapshot]);
  const fromKernel = isLive && blocks.total !== undefined;
  const columns = useColumns(fromKernel ? blocks.columns : saved.columns);
  const shown = fromKernel ? (blocks.total ?? 0) : saved.rows.length;
  const narrowed = text !== '' || filters.length > 0;
  const wrong = narrowed && blocks.error ? explain(blocks.error) : null;
  return (
    <>
      <div className="jp-mlnb-Bar jp-mod-plain">
        {live !== 'gone' && (
          <>
            <SearchBox
              label={trans.__('Search all rows')}
              value={search}
              error={text ? wrong : null}
              onChange={setSearch}
            />
            <ConditionEditor
              columns={columns.map(one => ({
                name: one.key,
                type_text: one.type ?? 'string',
                nullable: true
              }))}
              filters={filters}
              onChange={setFilters}
            />
          </>
        )}
        <Count
          total={fromKernel ? blocks.count : snapshot.total}
          all={snapshot.total}
          shown={fromKernel ? undefined : saved.rows.length}
        />
        {isLive && <Downloads {...props} query={query} />}
      </div>
      <ConditionChips columns={[]} filters={filters} onChange={setFilters} />
      {wrong && !text && (
        <p className="jp-mlnb-FieldError" role="alert">
          {wrong}
        </p>
      )}
      {blocks.error && !wrong && isLive && (
        <ErrorView error={blocks.error} onRetry={blocks.retry} />
      )}
      {shown === 0 ? (
        <EmptyState
          icon="table"
          title={
            narrowed
              ? trans.__('No row fulfils these conditions')
              : trans.__('This frame has no rows')
          }
        />
      ) : (
        <div
          className="jp-mlnb-DataGrid-rows"
          style={{ height: (Math.min(shown, TALL) + 1) * ROW + 14 }}
        >
          <Grid
            label={
              props.name
                ? trans.__('Rows of %1', props.name)
                : trans.__('Rows of the data frame')
            }
            columns={columns}
            total={shown}
            row={fromKernel ? blocks.row : index => saved.rows[index]}
            onRange={blocks.onRange}
            isStale={blocks.isStale}
            sample={blocks.isStale ? '' : JSON.stringify(query)}
            sort={sort}
            onSort={
              isLive ? key => setSort(old => turned(old, key)) : undefined
            }
            numbered
          />
        </div>
      )}
    </>
  );
}

/** Up, down, then as stored. */
function turned(sort: ISort | null, key: string): ISort | null {
  if (sort?.key !== key) {
    return { key, down: false };
  }
  return sort.down ? null : { key, down: true };
}

/** Columns whose identity changes only when they do. */
function useColumns(
  columns: readonly { key: string; type: string }[]
): ReturnType<typeof columnsOf> {
  const signature = JSON.stringify(columns.map(({ key, type }) => [key, type]));
  return React.useMemo(() => columnsOf(signature), [signature]);
}

function Count(props: {
  total: number | undefined;
  all: number | undefined;
  shown: number | undefined;
}): JSX.Element | null {
  const trans = useTrans();
  const { total, all, shown } = props;
  if (total === undefined) {
    return null;
  }
  const parts = [
    all !== undefined && total < all
      ? trans.__('%1 of %2 rows', formatInteger(total), formatInteger(all))
      : trans._n('%2 row', '%2 rows', total, formatInteger(total))
  ];
  if (shown !== undefined ? shown < total : total > LAST_ROW) {
    parts.push(
      trans.__('the first %1 shown', formatInteger(shown ?? LAST_ROW))
    );
  }
  return (
    <span className="jp-mlnb-Bar-note" role="status">
      {parts.join(', ')}
    </span>
  );
}

function Downloads(
  props: IDataGridProps & { query: IGridQuery }
): JSX.Element | null {
  const host = useHost();
  const trans = useTrans();
  const [busy, setBusy] = React.useState<string | null>(null);
  const save = async (format: 'csv' | 'parquet'): Promise<void> => {
    setBusy(format);
    try {
      saveFile(await host.api.grids.file(props.id, format, props.query));
    } catch (error) {
      host.notify({
        kind: 'error',
        message: explain(error as Error)
      });
    } finally {
      setBusy(null);
    }
  };
  return (
    <span className="jp-mlnb-Bar-group">
      {(['csv', 'parquet'] as const).map(format => (
        <Button
          key={format}
          label={format === 'csv' ? trans.__('CSV') : trans.__('Parquet')}
          title={
            format === 'csv'
              ? trans.__('Save these rows as a CSV file')
              : trans.__('Save these rows as a Parquet file')
          }
          icon="download"
          busy={busy === format}
          onClick={() => void save(format)}
        />
      ))}
    </span>
  );
}

const ProfileView = React.lazy(async () => ({
  default: (await import('../profile/ProfileView')).ProfileView
}));

/** The profile of the frame, made by its kernel when it is first asked for. */
function ProfileTab(props: IDataGridProps): JSX.Element {
  const { id, live } = props;
  const trans = useTrans();
  const { data, error, refetch } = useApi<IProfile>(
    {
      key: ['grid-profile', id],
      subjects: [],
      fetch: (api, signal) => api.grids.profile(id, signal)
    },
    { enabled: live === 'live' }
  );
  if (data) {
    return (
      <React.Suspense fallback={<Skeleton />}>
        <ProfileView profile={data} live={live === 'live'} embedded />
      </React.Suspense>
    );
  }
  if (error) {
    return <ErrorView error={error} onRetry={() => void refetch()} />;
  }
  return live === 'gone' ? (
    <EmptyState
      icon="info"
      title={trans.__('The profile needs the rows')}
      text={trans.__('Run the cell again, then open this tab.')}
    />
  ) : (
    <Skeleton />
  );
}
