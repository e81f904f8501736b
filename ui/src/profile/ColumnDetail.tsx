import * as React from 'react';
import type { IColumnProfile, IFinding, IProfile } from '../api/types.explore';
import { Pairs } from '../components/Facts';
import { Section } from '../components/Page';
import { Tag } from '../components/State';
import { formatInteger, formatNumber } from '../format';
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
import { Findings } from './Findings';
import type { IFindingsProps } from './Findings';
import { BrushHistogram } from './Histogram';
import { PairView } from './PairView';
import { meanText, Shape } from './Shape';
import { basisText, kindWord, metricName, valueText } from './words';

export interface IColumnDetailProps {
  profile: IProfile;
  column: IColumnProfile;
  findings: readonly IFinding[];
  filters: Filters;
  onFilters: (filters: Filters) => void;
  onColumn: (name: string) => void;
  onDecide?: IFindingsProps['onDecide'];
}

const HEIGHT = 110;

/** Everything about one column: its distribution, to be brushed, its figures, its findings, and it beside another. */
export function ColumnDetail(props: IColumnDetailProps): JSX.Element {
  const { profile, column, findings } = props;
  const trans = useTrans();
  const own = findings.filter(
    one => one.column === column.column_name || one.other === column.column_name
  );
  return (
    <div
      className="jp-mlnb-ProfileColumn"
      role="region"
      aria-label={column.column_name}
    >
      <h3>
        <bdi>{column.column_name}</bdi>
        <Tag label={kindWord(column.kind, trans)} title={column.data_type} />
        {column.semantic && <Tag label={column.semantic} tone="accent" />}
        {column.masked && (
          <Tag
            label={trans.__('values are not shown')}
            icon="lock"
            tone="warn"
            title={trans.__('They are personal data')}
          />
        )}
        {column.monotonic && (
          <Tag
            label={
              column.monotonic === 'increasing'
                ? trans.__('rises from row to row')
                : trans.__('falls from row to row')
            }
          />
        )}
      </h3>
      <Distribution {...props} />
      <div className="jp-mlnb-ProfileColumn-figures">
        <Figures column={column} profile={profile} />
        <Extremes column={column} />
      </div>
      {column.association && (
        <AgainstTarget column={column} profile={profile} />
      )}
      {own.length > 0 && (
        <Section title={trans.__('Findings')}>
          <Findings
            findings={own}
            source={profile.source}
            onDecide={props.onDecide}
            onColumn={name =>
              name !== column.column_name && props.onColumn(name)
            }
          />
        </Section>
      )}
      <PairView
        key={column.column_name}
        profile={profile}
        column={column}
        filters={props.filters}
      />
    </div>
  );
}

function Distribution(props: IColumnDetailProps): JSX.Element | null {
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

function Range(props: IColumnDetailProps): JSX.Element {
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
  const inside = range
    ? counts.slice(range[0], range[1] + 1).reduce((a, b) => a + b, 0)
    : 0;
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
            ? trans._n(
                '%2 to %3: %4 row',
                '%2 to %3: %4 rows',
                inside,
                valueText(edges[range[0]], column.kind),
                valueText(edges[range[1] + 1], column.kind),
                formatInteger(inside)
              )
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

function LevelBars(props: IColumnDetailProps): JSX.Element {
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

type Pair = readonly [string, React.ReactNode];

/** The plain figures; what is not exact is marked, with the reason in its tooltip. */
function Figures(props: {
  column: IColumnProfile;
  profile: IProfile;
}): JSX.Element {
  const { column, profile } = props;
  const trans = useTrans();
  const shown = (field: string, text: string): React.ReactNode => {
    const why = basisText(
      column.basis?.[field],
      column,
      profile.sample_rows ?? profile.rows,
      trans
    );
    return why ? (
      <span className="jp-mlnb-Basis" title={why}>
        {text}
        <sup aria-hidden="true">†</sup>
        <span className="jp-mlnb-Hidden">{why}</span>
      </span>
    ) : (
      text
    );
  };
  const value = (field: keyof IColumnProfile, label: string): Pair | null => {
    const figure = column[field];
    return typeof figure === 'number' || typeof figure === 'string'
      ? [label, shown(field, valueText(figure, column.kind))]
      : null;
  };
  const number = (field: keyof IColumnProfile, label: string): Pair | null => {
    const figure = column[field];
    return typeof figure === 'number'
      ? [label, shown(field, formatNumber(figure))]
      : null;
  };
  const quantile = (at: string, label: string): Pair | null => {
    const figure = column.quantiles?.[at];
    return figure === undefined
      ? null
      : [label, shown('quantiles', valueText(figure, column.kind))];
  };
  const counted = (field: keyof IColumnProfile, label: string): Pair | null => {
    const figure = column[field];
    return typeof figure === 'number' && figure > 0
      ? [label, shown(field, withShare(figure, profile.rows))]
      : null;
  };
  const spread: (Pair | null)[] = [
    value('min', trans.__('Smallest')),
    quantile('0.05', trans.__('5%')),
    quantile('0.25', trans.__('25%')),
    value('median', trans.__('Median')),
    quantile('0.75', trans.__('75%')),
    quantile('0.95', trans.__('95%')),
    value('max', trans.__('Largest')),
    value('avg', trans.__('Mean')),
    number('stddev', trans.__('Standard deviation')),
    number('skew', trans.__('Skew')),
    number('kurtosis', trans.__('Kurtosis'))
  ];
  const counts: (Pair | null)[] = [
    [trans.__('Values'), formatInteger(column.count)],
    counted('num_nulls', trans.__('Missing')),
    counted('num_nan', trans.__('Not a number')),
    counted('num_inf', trans.__('Infinite')),
    counted('num_zeros', trans.__('Zero')),
    counted('num_negative', trans.__('Negative')),
    column.distinct_count === undefined
      ? null
      : [
          trans.__('Distinct'),
          shown('distinct_count', formatInteger(column.distinct_count))
        ],
    column.min_length === undefined
      ? null
      : [
          trans.__('Length'),
          trans.__(
            '%1 to %2, on average %3',
            formatInteger(column.min_length),
            formatInteger(column.max_length ?? column.min_length),
            formatNumber(column.avg_length ?? column.min_length)
          )
        ],
    column.outliers && column.outliers.count > 0
      ? [
          trans.__('Outliers'),
          <span
            key="o"
            title={trans.__(
              'below %1 or above %2: 1.5 interquartile ranges',
              valueText(column.outliers.low, column.kind),
              valueText(column.outliers.high, column.kind)
            )}
          >
            {withShare(column.outliers.count, profile.rows)}
          </span>
        ]
      : null
  ];
  const there = (list: (Pair | null)[]): Pair[] =>
    list.filter((one): one is Pair => one !== null);
  return (
    <>
      <Pairs label={trans.__('Counts')} pairs={there(counts)} numeric />
      {there(spread).length > 0 && (
        <Pairs label={trans.__('Spread')} pairs={there(spread)} numeric />
      )}
    </>
  );
}

function withShare(count: number, rows: number): string {
  return `${formatInteger(count)} (${share(count / Math.max(rows, 1))})`;
}

function Extremes({ column }: { column: IColumnProfile }): JSX.Element | null {
  const trans = useTrans();
  const extremes = column.extremes ?? [];
  if (extremes.length === 0) {
    return null;
  }
  return (
    <table
      className="jp-mlnb-Table"
      aria-label={trans.__('Most extreme values')}
    >
      <thead>
        <tr>
          <th scope="col">{trans.__('Most extreme')}</th>
          <th scope="col" className="jp-mod-numeric">
            {extremes.some(one => one.key !== undefined)
              ? trans.__('Key')
              : trans.__('Row')}
          </th>
        </tr>
      </thead>
      <tbody>
        {extremes.map((one, i) => (
          <tr key={i}>
            <td>{valueText(one.value, column.kind)}</td>
            <td className="jp-mod-numeric">
              <bdi>
                {one.key ??
                  (one.row === undefined ? '' : formatInteger(one.row))}
              </bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function AgainstTarget(props: {
  column: IColumnProfile;
  profile: IProfile;
}): JSX.Element | null {
  const { column, profile } = props;
  const trans = useTrans();
  const frame = React.useRef<HTMLDivElement>(null);
  const { width } = useSize(frame);
  const { association } = column;
  const { target } = profile;
  if (!association) {
    return null;
  }
  const bins = association.shape ?? [];
  const ordered = column.kind === 'numeric' || column.kind === 'datetime';
  return (
    <Section
      title={trans.__('Against %1', target?.column ?? trans.__('the target'))}
      aside={
        <span className="jp-mlnb-Bar-note">
          {trans.__(
            '%1 %2 (%3 to %4)',
            metricName(association),
            association.value.toFixed(3),
            association.lower.toFixed(3),
            association.upper.toFixed(3)
          )}
        </span>
      }
    >
      {association.unavailable && (
        <p className="jp-mlnb-Tone jp-mod-warn">{association.unavailable}</p>
      )}
      <div ref={frame} className="jp-mlnb-ProfileColumn-shape">
        <Shape
          bins={bins}
          target={target}
          column={column.column_name}
          width={Math.max(width, 200)}
          height={96}
          ordered={ordered}
        />
        <div className="jp-mlnb-ProfileColumn-labels" aria-hidden="true">
          {bins.length <= 16
            ? bins.map(bin => (
                <span key={bin.label} title={bin.label}>
                  {bin.label}
                </span>
              ))
            : [bins[0], bins[bins.length - 1]].map(bin => (
                <span key={bin.label}>{bin.label}</span>
              ))}
        </div>
      </div>
      {target?.base !== undefined && (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'The dashed line is all rows: %1.',
            meanText(target.base, target)
          )}
        </p>
      )}
    </Section>
  );
}
