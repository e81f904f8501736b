import * as React from 'react';
import type { IColumnSummary } from '../api/types.tables';
import { formatInteger, formatNumber, formatPercent } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';

const WIDTH = 120;
const HEIGHT = 22;

/** How a column's values are spread: bars for numbers and times, the most frequent values for the rest. */
export function Distribution(props: {
  column: IColumnSummary;
}): JSX.Element | null {
  const { column } = props;
  const trans = useTrans();
  if (column.histogram && column.histogram.counts.length > 0) {
    return (
      <Bars counts={column.histogram.counts} label={spread(column, trans)} />
    );
  }
  if (column.frequent_items.length > 0) {
    return <Shares column={column} />;
  }
  return null;
}

function spread(column: IColumnSummary, trans: ITrans): string {
  const show = (value: number | string | undefined): string =>
    typeof value === 'number' ? formatNumber(value) : (value ?? '');
  const text = trans.__(
    'From %1 to %2, on average %3.',
    show(column.min),
    show(column.max),
    show(column.avg)
  );
  const { below = 0, above = 0 } = column.histogram ?? {};
  return below + above > 0
    ? `${text} ${trans._n(
        '%2 value lies outside of the picture.',
        '%2 values lie outside of the picture.',
        below + above,
        formatInteger(below + above)
      )}`
    : text;
}

function Bars(props: {
  counts: readonly number[];
  label: string;
}): JSX.Element {
  const { counts, label } = props;
  const most = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  const gap = step > 4 ? 1 : 0;
  return (
    <svg
      className="jp-mlnb-Distribution"
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {counts.map((count, i) => {
        // A bar that is there can be seen.
        const height = count === 0 ? 0 : Math.max((count / most) * HEIGHT, 1);
        return (
          <rect
            key={i}
            x={i * step}
            y={HEIGHT - height}
            width={Math.max(step - gap, 0.5)}
            height={height}
          />
        );
      })}
    </svg>
  );
}

function Shares({ column }: { column: IColumnSummary }): JSX.Element {
  const trans = useTrans();
  const { frequent_items: items, count } = column;
  const label = items
    .map(({ item, count: times }) =>
      trans.__('%1 (%2)', item, formatPercent(times / Math.max(count, 1)))
    )
    .join(', ');
  const [first] = items;
  return (
    <span
      className="jp-mlnb-Shares"
      title={trans.__('Most frequent: %1', label)}
      style={{ width: WIDTH }}
    >
      <span className="jp-mlnb-Shares-bar" aria-hidden>
        {items.map(({ item, count: times }) => (
          <span
            key={item}
            style={{ width: `${(times / Math.max(count, 1)) * 100}%` }}
          />
        ))}
      </span>
      <bdi>{first.item}</bdi>
      <span className="jp-mlnb-Hidden">{label}</span>
    </span>
  );
}
