import * as React from 'react';
import type { ITable, ITableColumn } from '../api/types';
import type { IColumnFilter } from '../api/types.tables';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView, explain } from '../components/ErrorView';
import { Icon } from '../components/Icon';
import { SearchBox } from '../components/SearchBox';
import { Skeleton } from '../components/Skeleton';
import { formatInteger } from '../format';
import { useDebounced } from '../hooks/useDebounced';
import { useTrans } from '../host';
import { Grid } from '../table/Grid';
import type { IGridColumn, ISort } from '../table/types';
import { useBlocks } from '../table/useBlocks';
import { ColumnChooser } from './ColumnChooser';
import { ConditionChips, ConditionEditor } from './Conditions';
import { previewQuery } from './queries';
import { SqlLine } from './SqlLine';

/** Rows beyond this one are for SQL, not for scrolling. */
const MAX_ROWS = 100_000;
const FILTER_MS = 400;

export interface IPreviewTabProps {
  table: ITable;
  version: number | undefined;
  /** Order, condition, columns and conditions by column, as the address has them. */
  query: Readonly<Record<string, string>>;
  onQuery: (change: Record<string, string | undefined>) => void;
}

/** A list out of an address; what is no list is nothing. */
function listIn<T>(text: string | undefined): T[] | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return Array.isArray(value) ? (value as T[]) : undefined;
  } catch {
    return undefined;
  }
}

function inAddress(list: readonly unknown[] | undefined): string | undefined {
  return list && list.length > 0 ? JSON.stringify(list) : undefined;
}

export function parseSort(text: string | undefined): ISort | null {
  return text
    ? { key: text.replace(/^-/, ''), down: text.startsWith('-') }
    : null;
}

/** Up, down, then as stored. */
export function nextSort(sort: ISort | null, key: string): string | undefined {
  if (sort?.key !== key) {
    return key;
  }
  return sort.down ? undefined : `-${key}`;
}

/** The rows of a table in blocks, chosen, sorted and filtered by the server. */
export function PreviewTab(props: IPreviewTabProps): JSX.Element {
  const { table, version, query, onQuery } = props;
  const { sort } = query;
  const trans = useTrans();
  const [where, setWhere] = React.useState(query.where ?? '');
  const settled = useDebounced(where.trim(), FILTER_MS);
  React.useEffect(() => {
    if (settled !== (query.where ?? '')) {
      onQuery({ where: settled || undefined });
    }
    // Only what was typed decides.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled]);
  const order = parseSort(sort);
  const chosen = React.useMemo(
    () => listIn<string>(query.columns),
    [query.columns]
  );
  const filters = React.useMemo(
    () => listIn<IColumnFilter>(query.filters) ?? [],
    [query.filters]
  );
  const setFilters = (next: readonly IColumnFilter[]): void =>
    onQuery({ filters: inAddress(next) });
  const blocks = useBlocks({
    key: JSON.stringify([
      table.full_name,
      version,
      sort,
      settled,
      query.columns,
      query.filters
    ]),
    limit: MAX_ROWS,
    query: (offset, limit) =>
      previewQuery(table.full_name, {
        version,
        sort,
        where: settled || undefined,
        filters: filters.length > 0 ? filters : undefined,
        columns: chosen,
        offset,
        limit
      })
  });
  const columns = useGridColumns(table, blocks.columns);
  // A condition that the server refuses is marked at its field; the last rows stay.
  const asked = settled !== '' || filters.length > 0;
  const wrong = asked && blocks.error ? explain(blocks.error) : null;
  const narrowed = asked || chosen !== undefined || sort !== undefined;
  return (
    <>
      <div className="jp-mlnb-Bar">
        <SearchBox
          label={trans.__('Condition, such as distance > 500')}
          icon="filter"
          code
          value={where}
          error={settled ? wrong : null}
          onChange={setWhere}
        />
        <ConditionEditor
          columns={table.columns}
          filters={filters}
          onChange={setFilters}
        />
        <ColumnChooser
          columns={table.columns}
          chosen={chosen}
          onChange={names => onQuery({ columns: inAddress(names) })}
        />
        {version !== undefined && (
          <Button
            label={trans.__('Back to the newest version')}
            icon="history"
            onClick={() => onQuery({ version: undefined })}
          />
        )}
        <RowCount total={blocks.total} all={table.num_rows} />
      </div>
      <ConditionChips
        columns={table.columns}
        filters={filters}
        onChange={setFilters}
      />
      {narrowed && blocks.sql && !wrong && (
        <SqlLine name={table.full_name} sql={blocks.sql} />
      )}
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
        <Skeleton kind="grid" rows={12} />
      )}
      {blocks.total === 0 && (
        <EmptyState
          icon="table"
          title={
            asked
              ? trans.__('No row fulfils these conditions')
              : trans.__('This table has no rows yet')
          }
        />
      )}
      {blocks.total !== undefined && blocks.total > 0 && (
        <Grid
          label={trans.__('Rows of %1', table.full_name)}
          columns={columns}
          total={blocks.total}
          row={blocks.row}
          onRange={blocks.onRange}
          isStale={blocks.isStale}
          sort={order}
          onSort={key => onQuery({ sort: nextSort(order, key) })}
          numbered
        />
      )}
    </>
  );
}

function RowCount(props: {
  total: number | undefined;
  all: number | undefined;
}): JSX.Element | null {
  const trans = useTrans();
  const { total, all } = props;
  if (total === undefined) {
    return null;
  }
  const text =
    total >= MAX_ROWS
      ? trans.__(
          'first %1 of %2 rows',
          formatInteger(MAX_ROWS),
          formatInteger(all ?? total)
        )
      : all !== undefined && total < all
        ? trans.__('%1 of %2 rows', formatInteger(total), formatInteger(all))
        : trans._n('%2 row', '%2 rows', total, formatInteger(total));
  return (
    <span className="jp-mlnb-Bar-note" role="status">
      {text}
    </span>
  );
}

export function KeyMark({
  column
}: {
  column: ITableColumn;
}): JSX.Element | null {
  const trans = useTrans();
  switch (column.key) {
    case 'primary':
      return <Icon name="key" label={trans.__('primary key')} />;
    case 'timeseries':
      return <Icon name="clock" label={trans.__('time-series key')} />;
    default:
      return null;
  }
}

/** The version in view may have other columns than the newest one. */
function useGridColumns(
  table: ITable,
  shown: readonly { key: string; type: string }[]
): IGridColumn[] {
  const signature = JSON.stringify(shown.map(({ key, type }) => [key, type]));
  return React.useMemo(() => {
    const pairs = JSON.parse(signature) as [string, string][];
    const known = new Map(table.columns.map(column => [column.name, column]));
    return pairs.map(([key, type]) => {
      const column = known.get(key);
      return {
        key,
        type,
        label: key,
        mark: column?.key && <KeyMark column={column} />,
        title: [`${key} ${type}`, column?.comment].filter(Boolean).join('\n')
      };
    });
  }, [signature, table.columns]);
}
