import * as React from 'react';
import { formatAddress } from '../address';
import { ApiError } from '../api/errors';
import type { IRunColumn } from '../api/types';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView, explain } from '../components/ErrorView';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { SearchBox } from '../components/SearchBox';
import { Skeleton } from '../components/Skeleton';
import type { IDocumentProps } from '../document';
import { formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useDebounced } from '../hooks/useDebounced';
import { useSaved } from '../hooks/useSaved';
import { useHost, useTrans } from '../host';
import { Grid } from '../table/Grid';
import type { ISort } from '../table/types';
import { useBlocks } from '../table/useBlocks';
import { ColumnPicker } from './ColumnPicker';
import { defaultColumns, FIXED, gridColumns, START } from './columns';
import { InsertExample } from './InsertExample';
import { experimentsQuery, runColumnsQuery, runsQuery } from './queries';
import { shortKey } from './rows';
import { RunsChart } from './RunsChart';
import { byGoals, useGoals } from './useGoals';

const FILTER_MS = 400;

/** MLflow's order: the key after its first point is quoted. */
export function orderBy(sort: ISort | null): string[] {
  if (!sort) {
    return [`${START} DESC`];
  }
  const [kind, ...rest] = sort.key.split('.');
  const name = rest.join('.').replace(/`/g, '``');
  const key = kind === 'attributes' ? sort.key : `${kind}.\`${name}\``;
  return [`${key} ${sort.down ? 'DESC' : 'ASC'}`];
}

/** The runs of one experiment: a table of chosen columns and one chart. */
export function RunsPage(props: IDocumentProps): JSX.Element {
  const { name: experimentId, query, onQuery, onTitle } = props;
  const trans = useTrans();
  const experiments = useApi(experimentsQuery());
  const columns = useApi(runColumnsQuery(experimentId));
  const title =
    experiments.data?.find(one => one.experiment_id === experimentId)?.name ??
    trans.__('Experiment %1', experimentId);
  React.useEffect(() => onTitle(title), [onTitle, title]);

  const [filter, setFilter] = React.useState(query.filter ?? '');
  const settled = useDebounced(filter.trim(), FILTER_MS);
  const goals = useGoals();
  const known = byGoals(columns.data?.columns ?? [], goals.names, column =>
    shortKey(column.key)
  );
  const showsChart = query.chart !== 'off';
  return (
    <Page
      icon="experiment"
      place={trans.__('Experiment')}
      title={title}
      actions={
        <Button
          label={trans.__('Chart')}
          icon="chart"
          pressed={showsChart}
          onClick={() => onQuery({ chart: showsChart ? 'off' : undefined })}
        />
      }
    >
      {showsChart && columns.data && goals.isReady && (
        <RunsChart
          experimentId={experimentId}
          filter={settled || undefined}
          columns={known}
          x={query.x}
          y={query.y}
          onQuery={onQuery}
        />
      )}
      <RunsTable
        {...props}
        known={known}
        goals={goals.names}
        isReady={
          goals.isReady &&
          (columns.data !== undefined || columns.error !== null)
        }
        filter={settled || undefined}
        search={error => (
          <SearchBox
            label={trans.__('Filter, such as metrics.auc > 0.7')}
            icon="filter"
            code
            value={filter}
            error={error}
            onChange={setFilter}
          />
        )}
      />
    </Page>
  );
}

interface IRunsTableProps extends IDocumentProps {
  known: readonly IRunColumn[];
  goals: readonly string[];
  isReady: boolean;
  filter: string | undefined;
  search: (error: string | null) => React.ReactNode;
}

function RunsTable(props: IRunsTableProps): JSX.Element {
  const { name, known, filter, query, onQuery } = props;
  const host = useHost();
  const { trans } = host;
  const [saved, setSaved] = useSaved<string[] | null>(`runs:${name}`, null);
  const chosen = saved ?? defaultColumns(known, props.goals);
  const sort: ISort | null = query.sort
    ? { key: query.sort, down: query.order !== 'asc' }
    : null;
  const wanted = [...FIXED, ...chosen];
  const blocks = useBlocks({
    key: JSON.stringify([name, filter, sort, wanted]),
    enabled: props.isReady,
    query: (offset, limit) =>
      runsQuery({
        experiment_ids: [name],
        filter,
        order_by: orderBy(sort),
        columns: wanted,
        offset,
        limit
      })
  });
  const isWrong =
    blocks.error instanceof ApiError && blocks.error.status === 400;
  const wrong = filter && isWrong ? explain(blocks.error) : null;
  const columns = useColumns(chosen, blocks.columns);
  return (
    <>
      <div className="jp-mlnb-Bar">
        {props.search(wrong)}
        <ColumnPicker columns={known} chosen={chosen} onChange={setSaved} />
        {blocks.total !== undefined && (
          <span className="jp-mlnb-Bar-note" role="status">
            {trans._n(
              '%2 run',
              '%2 runs',
              blocks.total,
              formatInteger(blocks.total)
            )}
          </span>
        )}
      </div>
      {wrong && (
        <p className="jp-mlnb-Bar jp-mlnb-FieldError" role="alert">
          <Icon name="error" />
          {wrong}
        </p>
      )}
      {blocks.error && !wrong && (
        <ErrorView error={blocks.error} onRetry={blocks.retry} />
      )}
      {blocks.total === undefined && !blocks.error && (
        <Skeleton kind="grid" rows={10} />
      )}
      {blocks.total === 0 && <NoRuns filtered={filter !== undefined} />}
      {blocks.total !== undefined && blocks.total > 0 && (
        <Grid
          label={trans.__('Runs')}
          columns={columns}
          total={blocks.total}
          row={blocks.row}
          onRange={blocks.onRange}
          isStale={blocks.isStale}
          sort={sort ?? { key: START, down: true }}
          onSort={key =>
            onQuery({
              sort: key,
              order: sort?.key === key && sort.down ? 'asc' : undefined
            })
          }
          onOpen={row => host.open(formatAddress('run', row.id))}
        />
      )}
    </>
  );
}

/** Columns that stay the same objects while nothing of them changes. */
function useColumns(
  chosen: readonly string[],
  loaded: Parameters<typeof gridColumns>[1]
): ReturnType<typeof gridColumns> {
  const trans = useTrans();
  const names = chosen.join('\n');
  return React.useMemo(
    () => gridColumns(names ? names.split('\n') : [], loaded, trans),
    [names, loaded, trans]
  );
}

function NoRuns({ filtered }: { filtered: boolean }): JSX.Element {
  const trans = useTrans();
  return filtered ? (
    <EmptyState icon="search" title={trans.__('No run fulfils this filter')} />
  ) : (
    <EmptyState
      icon="run"
      title={trans.__('No runs yet')}
      text={trans.__(
        'Put %%mlrun on the first line of a cell that trains a model, and run it.'
      )}
    >
      <InsertExample />
    </EmptyState>
  );
}

export default RunsPage;
