import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';
import type {
  IColumnProfile,
  IFinding,
  IProfile,
  Severity
} from '../api/types.explore';
import { Icon } from '../components/Icon';
import { SearchBox } from '../components/SearchBox';
import { STATE_ICONS } from '../components/State';
import { Meter } from '../components/Sparkline';
import { formatInteger, formatPercent } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import type { Filters } from './brush';
import { levelsOf, rangeOf, filterOf } from './brush';
import { useDrill } from './drilling';
import { Bars } from './Histogram';
import { Power } from './Shape';
import { kindWord, severityState } from './words';

export const ROW_HEIGHT = 38;

export type SortKey = 'position' | 'name' | 'missing' | 'distinct' | 'power';

export interface ISort {
  key: SortKey;
  down: boolean;
}

/** The columns that fit a text, in an order. */
export function arrange(
  profile: IProfile,
  search: string,
  sort: ISort
): IColumnProfile[] {
  const text = search.trim().toLocaleLowerCase();
  const fits = profile.columns.filter(
    column =>
      text === '' ||
      column.column_name.toLocaleLowerCase().includes(text) ||
      column.data_type.toLocaleLowerCase().includes(text) ||
      column.kind.includes(text) ||
      (column.semantic ?? '').includes(text)
  );
  if (sort.key === 'position') {
    return sort.down ? fits.reverse() : fits;
  }
  const value = (column: IColumnProfile): number =>
    ({
      missing: column.percent_null,
      distinct: column.distinct_count ?? -1,
      power: column.association?.value ?? -1
    })[sort.key as 'missing'] ?? 0;
  const sign = sort.down ? -1 : 1;
  return fits.sort((a, b) =>
    sort.key === 'name'
      ? sign * a.column_name.localeCompare(b.column_name)
      : sign * (value(a) - value(b))
  );
}

/** The gravest open finding of each column. */
export function gravest(
  findings: readonly IFinding[]
): ReadonlyMap<string, IFinding> {
  const order: Severity[] = ['BLOCKED', 'WARNING', 'INFO'];
  const worst = new Map<string, IFinding>();
  for (const one of findings) {
    const known = one.column && worst.get(one.column);
    if (
      one.column &&
      one.state !== 'dismissed' &&
      (!known || order.indexOf(one.severity) < order.indexOf(known.severity))
    ) {
      worst.set(one.column, one);
    }
  }
  return worst;
}

export interface IColumnTableProps {
  profile: IProfile;
  findings: readonly IFinding[];
  selected: string;
  filters: Filters;
  onSelect: (name: string) => void;
}

/** All columns: searched, sorted, each with its distribution, and with that of the brushed rows. */
export function ColumnTable(props: IColumnTableProps): JSX.Element {
  const { profile, findings, selected, onSelect } = props;
  const trans = useTrans();
  const [search, setSearch] = React.useState('');
  const [sort, setSort] = React.useState<ISort>({
    key: 'position',
    down: false
  });
  const columns = React.useMemo(
    () => arrange(profile, search, sort),
    [profile, search, sort]
  );
  const worst = React.useMemo(() => gravest(findings), [findings]);
  const scroller = React.useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 2
  });
  const at = columns.findIndex(one => one.column_name === selected);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const next = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: columns.length - 1,
      PageDown: Math.min(at + 10, columns.length - 1),
      PageUp: Math.max(at - 10, 0)
    }[event.key];
    if (next !== undefined && columns[next]) {
      event.preventDefault();
      onSelect(columns[next].column_name);
      rows.scrollToIndex(next);
    }
  };
  const hasTarget = profile.columns.some(one => one.association);
  return (
    <div className={`jp-mlnb-ColumnTable${hasTarget ? ' jp-mod-target' : ''}`}>
      <div className="jp-mlnb-ColumnTable-bar">
        <SearchBox
          label={trans.__('Find a column')}
          value={search}
          onChange={setSearch}
        />
        <span className="jp-mlnb-Bar-note" role="status">
          {columns.length === profile.columns.length
            ? trans._n('%1 column', '%1 columns', columns.length)
            : trans.__(
                '%1 of %2 columns',
                formatInteger(columns.length),
                formatInteger(profile.columns.length)
              )}
        </span>
      </div>
      <div
        role="grid"
        aria-label={trans.__('Columns')}
        aria-rowcount={columns.length + 1}
        className="jp-mlnb-ColumnTable-grid"
      >
        <div role="rowgroup">
          <Head sort={sort} onSort={setSort} hasTarget={hasTarget} />
        </div>
        <div
          ref={scroller}
          role="rowgroup"
          className="jp-mlnb-ColumnTable-body"
          onKeyDown={onKeyDown}
        >
          <div
            role="presentation"
            style={{ height: rows.getTotalSize(), position: 'relative' }}
          >
            {rows.getVirtualItems().map(item => {
              const column = columns[item.index];
              return (
                <Row
                  key={column.column_name}
                  column={column}
                  index={item.index}
                  top={item.start}
                  rows={profile.rows}
                  finding={worst.get(column.column_name)}
                  selected={column.column_name === selected}
                  // One stop of the Tab key: the chosen row, else the first.
                  reachable={at < 0 ? item.index === 0 : item.index === at}
                  hasTarget={hasTarget}
                  filters={props.filters}
                  onSelect={onSelect}
                />
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

/** What cells are marked with, in the head and in rows: figures give way where the page is narrow. */
const CELL: Partial<Record<SortKey, string>> = {
  missing: 'jp-mod-numeric',
  distinct: 'jp-mod-numeric',
  power: 'jp-mlnb-ColumnTable-power'
};

function Head(props: {
  sort: ISort;
  onSort: (sort: ISort) => void;
  hasTarget: boolean;
}): JSX.Element {
  const { sort, onSort } = props;
  const trans = useTrans();
  const cells: [SortKey | null, string][] = [
    ['name', trans.__('Column')],
    [null, trans.__('Distribution')],
    ['missing', trans.__('Missing')],
    ['distinct', trans.__('Distinct')],
    ...(props.hasTarget
      ? ([['power', trans.__('Predicts')]] as [SortKey, string][])
      : [])
  ];
  return (
    <div role="row" aria-rowindex={1} className="jp-mlnb-ColumnTable-head">
      {cells.map(([key, label]) => {
        const active = key !== null && sort.key === key;
        // Names begin with A, figures with the largest; the third press brings back the data's order.
        const first = key !== 'name';
        return (
          <span
            key={label}
            role="columnheader"
            className={key === null ? undefined : CELL[key]}
            aria-sort={
              active ? (sort.down ? 'descending' : 'ascending') : undefined
            }
          >
            {key === null ? (
              label
            ) : (
              <button
                type="button"
                onClick={() =>
                  onSort(
                    !active
                      ? { key, down: first }
                      : sort.down === first
                        ? { key, down: !first }
                        : { key: 'position', down: false }
                  )
                }
              >
                {label}
                {active && <Icon name={sort.down ? 'arrowDown' : 'arrowUp'} />}
              </button>
            )}
          </span>
        );
      })}
    </div>
  );
}

interface IRowProps {
  column: IColumnProfile;
  index: number;
  top: number;
  rows: number;
  finding: IFinding | undefined;
  selected: boolean;
  reachable: boolean;
  hasTarget: boolean;
  filters: Filters;
  onSelect: (name: string) => void;
}

const Row = React.memo(function Row(props: IRowProps): JSX.Element {
  const { column, finding, selected, rows } = props;
  const trans = useTrans();
  const root = React.useRef<HTMLDivElement>(null);
  const wasSelected = React.useRef(selected);
  // The keys move the choice, and the focus goes with it.
  React.useEffect(() => {
    if (
      selected &&
      !wasSelected.current &&
      root.current?.parentElement?.contains(document.activeElement)
    ) {
      root.current.focus({ preventScroll: true });
    }
    wasSelected.current = selected;
  }, [selected]);
  const missing = column.percent_null / 100;
  return (
    <div
      ref={root}
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={selected}
      aria-label={column.column_name}
      tabIndex={props.reachable ? 0 : -1}
      className="jp-mlnb-ColumnTable-row"
      style={{ top: props.top, height: ROW_HEIGHT }}
      onClick={() => props.onSelect(column.column_name)}
      onKeyDown={event => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          props.onSelect(column.column_name);
        }
      }}
    >
      <span role="gridcell" className="jp-mlnb-ColumnTable-name">
        <span>
          <bdi title={column.column_name}>{column.column_name}</bdi>
          {finding && <Mark finding={finding} trans={trans} />}
        </span>
        <small title={column.data_type}>
          {kindWord(column.kind, trans)}
          {column.semantic && ` · ${column.semantic}`}
        </small>
      </span>
      <span role="gridcell">
        <Mini column={column} filters={props.filters} />
      </span>
      <span role="gridcell" className={CELL.missing}>
        {column.num_nulls > 0 ? (
          <Meter
            value={missing}
            tone={missing > 0.4 ? 'warn' : 'accent'}
            text={share(missing)}
          />
        ) : (
          <span className="jp-mlnb-Muted">–</span>
        )}
      </span>
      <span
        role="gridcell"
        className={CELL.distinct}
        title={trans._n('of %2 row', 'of %2 rows', rows, formatInteger(rows))}
      >
        {column.distinct_count === undefined ? (
          <span className="jp-mlnb-Muted">–</span>
        ) : (
          `${column.basis?.distinct_count === undefined || column.basis.distinct_count === 'exact' ? '' : '≈ '}${formatInteger(column.distinct_count)}`
        )}
      </span>
      {props.hasTarget && (
        <span role="gridcell" className={CELL.power}>
          {column.association && <Power association={column.association} />}
        </span>
      )}
    </div>
  );
});

/** A share that is there is never written as nothing. */
export function share(value: number): string {
  return value > 0 && value < 0.0005 ? '< 0.1%' : formatPercent(value);
}

function Mark(props: { finding: IFinding; trans: ITrans }): JSX.Element {
  const { finding, trans } = props;
  const state = severityState(finding.severity, trans);
  return (
    <span
      className={`jp-mlnb-Tone jp-mod-${state.tone}`}
      title={finding.message}
    >
      <Icon name={STATE_ICONS[state.tone]} label={state.label} />
    </span>
  );
}

const WIDTH = 132;
const HEIGHT = 26;

/** A distribution in small, and the brushed rows in it. */
function Mini(props: {
  column: IColumnProfile;
  filters: Filters;
}): JSX.Element | null {
  const { column, filters } = props;
  const name = column.column_name;
  const others = filters.filter(one => one.column !== name);
  const { histogram, frequent_items: items = [] } = column;
  const { data } = useDrill(
    others.length > 0 && column.kind !== 'other' && !column.masked
      ? {
          kind: histogram ? 'hist' : 'bars',
          x: name,
          filters: others,
          ...(histogram ? { edges: histogram.edges } : { limit: 20 })
        }
      : null
  );
  if (histogram && histogram.counts.length > 0) {
    return (
      <svg
        className="jp-mlnb-Bars"
        width={WIDTH}
        height={HEIGHT}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        aria-hidden="true"
      >
        <Bars
          histogram={histogram}
          width={WIDTH}
          height={HEIGHT}
          range={rangeOf(column, filterOf(filters, name))}
          subset={data}
        />
      </svg>
    );
  }
  return items.length > 0 ? (
    <Levels
      column={column}
      subset={data ? linkedLevels(data.columns) : null}
      chosen={levelsOf(filterOf(filters, name))}
    />
  ) : null;
}

/** Rows of each level among the brushed ones. */
export function linkedLevels(
  columns: Record<string, readonly unknown[]>
): ReadonlyMap<string, number> {
  const names = columns.x ?? [];
  return new Map(
    names.map((name, i) => [String(name), Number(columns.rows?.[i] ?? 0)])
  );
}

function Levels(props: {
  column: IColumnProfile;
  subset: ReadonlyMap<string, number> | null;
  chosen: readonly string[];
}): JSX.Element {
  const { column, subset, chosen } = props;
  const items = (column.frequent_items ?? []).slice(0, 6);
  const total = Math.max(column.count, 1);
  const all = subset
    ? Math.max(
        [...subset.values()].reduce((a, b) => a + b, 0),
        1
      )
    : 1;
  const part = (one: { item: string; count: number }): number =>
    subset ? (subset.get(one.item) ?? 0) / all : one.count / total;
  // Among the brushed rows another level may be the most frequent.
  const top = items.reduce((a, b) => (part(b) > part(a) ? b : a));
  return (
    <span
      className={`jp-mlnb-Levels${subset ? ' jp-mod-linked' : ''}`}
      style={{ width: WIDTH }}
    >
      <span aria-hidden="true">
        {items.map((one, i) => (
          <span
            key={one.item}
            className={
              chosen.length > 0 && !chosen.includes(one.item)
                ? 'jp-mod-pale'
                : i % 2
                  ? 'jp-mod-even'
                  : undefined
            }
            style={{ width: `${part(one) * 100}%` }}
            title={one.item}
          />
        ))}
      </span>
      <bdi>
        {top.item} <small>{share(part(top))}</small>
      </bdi>
    </span>
  );
}
