import * as React from 'react';
import type { IColumnProfile, IProfile } from '../api/types.explore';
import { formatInteger } from '../format';
import { useSize } from '../hooks/useSize';
import { useTrans } from '../host';
import type { Filters } from './brush';
import {
  filterOf,
  levelsOf,
  rangeFilter,
  rangeOf,
  toggleLevel,
  withFilter
} from './brush';
import { linkedLevels, share } from './ColumnTable';
import { DrillContext, useDrill } from './drilling';
import { BrushHistogram } from './Histogram';
import { basisText, valueText } from './words';

export interface IDistributionProps {
  profile: IProfile;
  column: IColumnProfile;
  filters: Filters;
  onFilters: (filters: Filters) => void;
}

const HEIGHT = 110;

/** How the values are spread, to be brushed: bars of a range, or levels. */
export function Distribution(props: IDistributionProps): JSX.Element | null {
  const { column } = props;
  const trans = useTrans();
  if (column.histogram && column.histogram.counts.length > 0) {
    return <Range {...props} />;
  }
  if ((column.frequent_items ?? []).length > 0) {
    return <LevelBars {...props} />;
  }
  return (
    <p className="jp-mlnb-Muted">
      {column.masked
        ? trans.__('Its values are personal data and are not shown.')
        : trans.__('There is no picture of values of this kind.')}
    </p>
  );
}

function Range(props: IDistributionProps): JSX.Element {
  const { column, filters, onFilters } = props;
  const trans = useTrans();
  const live = React.useContext(DrillContext) !== null;
  const frame = React.useRef<HTMLDivElement>(null);
  const { width } = useSize(frame);
  const name = column.column_name;
  const others = filters.filter(one => one.column !== name);
  const { data } = useDrill(
    others.length > 0
      ? {
          kind: 'hist',
          x: name,
          filters: others,
          edges: column.histogram?.edges
        }
      : null
  );
  const histogram = column.histogram ?? { edges: [], counts: [] };
  const range = rangeOf(column, filterOf(filters, name));
  const { edges, counts, below = 0, above = 0 } = histogram;
  const binText = (bin: number): string =>
    trans._n(
      '%2 to %3: %4 row',
      '%2 to %3: %4 rows',
      counts[bin],
      valueText(edges[bin], column.kind),
      valueText(edges[bin + 1], column.kind),
      formatInteger(counts[bin] ?? 0)
    );
  // What lies beyond the picture belongs to its outermost bins, as in the condition.
  const opens = range?.[0] === 0;
  const closes = range?.[1] === counts.length - 1;
  const inside = range
    ? counts.slice(range[0], range[1] + 1).reduce((a, b) => a + b, 0) +
      (opens ? below : 0) +
      (closes ? above : 0)
    : 0;
  const rangeText = (): string => {
    const [from, to] = range ?? [0, 0];
    const rows = trans._n('%2 row', '%2 rows', inside, formatInteger(inside));
    const [low, high] = [
      valueText(edges[from], column.kind),
      valueText(edges[to + 1], column.kind)
    ];
    return opens
      ? trans.__('below %1: %2', high, rows)
      : closes
        ? trans.__('from %1 on: %2', low, rows)
        : trans.__('%1 to %2: %3', low, high, rows);
  };
  return (
    <div className="jp-mlnb-ProfileColumn-picture" ref={frame}>
      <BrushHistogram
        histogram={histogram}
        width={Math.max(width, 200)}
        height={HEIGHT}
        range={range}
        subset={data}
        label={
          live
            ? trans.__('Distribution of %1: choose a range', name)
            : trans.__('Distribution of %1', name)
        }
        binText={binText}
        onBrush={
          live
            ? chosen =>
                onFilters(
                  withFilter(
                    filters,
                    name,
                    chosen
                      ? rangeFilter(column, chosen[0], chosen[1])
                      : undefined
                  )
                )
            : undefined
        }
      />
      <div className="jp-mlnb-ProfileColumn-axis">
        <span>{valueText(edges[0], column.kind)}</span>
        <span className="jp-mlnb-Muted" role="status">
          {range
            ? rangeText()
            : below + above > 0
              ? trans._n(
                  '%2 value lies beyond the picture',
                  '%2 values lie beyond the picture',
                  below + above,
                  formatInteger(below + above)
                )
              : live && trans.__('drag over the bars to choose rows')}
        </span>
        <span>{valueText(edges[edges.length - 1], column.kind)}</span>
      </div>
    </div>
  );
}

function LevelBars(props: IDistributionProps): JSX.Element {
  const { column, filters, onFilters, profile } = props;
  const trans = useTrans();
  const live = React.useContext(DrillContext) !== null;
  const name = column.column_name;
  const own = filterOf(filters, name);
  const chosen = levelsOf(own);
  const others = filters.filter(one => one.column !== name);
  const { data } = useDrill(
    others.length > 0
      ? { kind: 'bars', x: name, filters: others, limit: 100 }
      : null
  );
  const linked = data && linkedLevels(data.columns);
  const linkedAll = linked
    ? Math.max(
        [...linked.values()].reduce((a, b) => a + b, 0),
        1
      )
    : 1;
  const items = (column.frequent_items ?? []).slice(0, 12);
  const rest = column.count - items.reduce((sum, one) => sum + one.count, 0);
  const most = Math.max(...items.map(one => one.count), 1);
  const sure = basisText(
    column.basis?.frequent_items,
    column,
    profile.sample_rows ?? 0,
    trans
  );
  return (
    <div
      className="jp-mlnb-LevelBars"
      role="group"
      aria-label={trans.__('Most frequent values of %1', name)}
    >
      {items.map(one => {
        const part = one.count / Math.max(column.count, 1);
        const brushed = linked ? (linked.get(one.item) ?? 0) / linkedAll : null;
        const text = trans.__(
          '%1: %2 rows, %3',
          one.item,
          formatInteger(one.count),
          share(part)
        );
        const content = (
          <>
            <bdi>{one.item}</bdi>
            <span className="jp-mlnb-LevelBars-track">
              <span
                className={
                  brushed !== null ||
                  (chosen.length > 0 && !chosen.includes(one.item))
                    ? 'jp-mod-pale'
                    : undefined
                }
                style={{ width: `${(one.count / most) * 100}%` }}
              />
              {brushed !== null && (
                <span
                  className="jp-mod-linked"
                  style={{
                    width: `${Math.min((brushed * Math.max(column.count, 1)) / most, 1) * 100}%`
                  }}
                />
              )}
            </span>
            <span className="jp-mod-numeric">{share(brushed ?? part)}</span>
          </>
        );
        return live ? (
          <button
            key={one.item}
            type="button"
            aria-pressed={chosen.includes(one.item)}
            aria-label={text}
            title={text}
            onClick={() =>
              onFilters(
                withFilter(filters, name, toggleLevel(column, own, one.item))
              )
            }
          >
            {content}
          </button>
        ) : (
          <div key={one.item} title={text}>
            {content}
          </div>
        );
      })}
      {rest > 0 && (
        <p className="jp-mlnb-Muted">
          {trans._n(
            '%2 row has another value',
            '%2 rows have other values',
            rest,
            formatInteger(rest)
          )}
          {sure && ` (${sure})`}
        </p>
      )}
    </div>
  );
}
