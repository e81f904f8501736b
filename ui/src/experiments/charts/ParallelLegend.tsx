import * as React from 'react';
import type { Cell } from '../../api/types';
import { formatNumber } from '../../format';
import { shortKey } from '../rows';
import type { IChartData } from './data';
import { numberOf } from './data';
import type { IGeometry, IParallelAxis } from './parallel';

/** What the colours mean. */
export function Ramp(props: {
  name: string;
  values: readonly Cell[];
  stops: readonly string[];
}): JSX.Element | null {
  const numbers = props.values
    .map(numberOf)
    .filter((value): value is number => value !== null);
  if (numbers.length === 0) {
    return null;
  }
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return (
    <div className="jp-mlnb-Ramp">
      <span>{formatNumber(low)}</span>
      <i
        style={{
          background: `linear-gradient(to right, ${props.stops.join(', ')})`
        }}
      />
      <span>{formatNumber(high)}</span>
      <b>{shortKey(props.name)}</b>
    </div>
  );
}

/** The values of the run under the pointer. */
export function Tip(props: {
  data: IChartData;
  run: number;
  axes: readonly IParallelAxis[];
  color: string | undefined;
  line: readonly number[] | undefined;
  size: IGeometry;
}): JSX.Element {
  const { data, run, axes, color, size } = props;
  const rows = axes.map(
    axis => [axis.label, axis.values[run] ?? null] as const
  );
  if (color && !axes.some(axis => axis.key === color)) {
    rows.push([shortKey(color), data.values(color)[run] ?? null]);
  }
  const y = Math.min(
    (props.line?.[1] ?? 0) + 10,
    size.height - 24 * rows.length
  );
  return (
    <div
      className="jp-mlnb-Tip"
      style={{ insetBlockStart: Math.max(y, 30), insetInlineEnd: 8 }}
      aria-hidden
    >
      <b>
        <bdi>{data.names[run]}</bdi>
      </b>
      <dl>
        {rows.map(([label, value]) => (
          <React.Fragment key={label}>
            <dt>{label}</dt>
            <dd>
              {typeof value === 'number'
                ? formatNumber(value)
                : value === null
                  ? '–'
                  : String(value)}
            </dd>
          </React.Fragment>
        ))}
      </dl>
    </div>
  );
}
