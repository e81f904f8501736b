import * as React from 'react';
import type { IColumnProfile, IProfile } from '../api/types.explore';
import { Pairs } from '../components/Facts';
import { formatInteger, formatNumber } from '../format';
import { useTrans } from '../host';
import { share } from './ColumnTable';
import { basisText, valueText } from './words';

type Pair = readonly [string, React.ReactNode];

/** The plain figures; what is not exact is marked, with the reason in its tooltip. */
export function Figures(props: {
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

/** The values farthest out, and where they stand. */
export function Extremes({
  column
}: {
  column: IColumnProfile;
}): JSX.Element | null {
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
