import * as React from 'react';
import type { IAssociation, IShapeBin, ITarget } from '../api/types.explore';
import { formatInteger, formatNumber, formatPercent } from '../format';
import { useTrans } from '../host';
import { chance } from './words';

const places = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 3,
  maximumFractionDigits: 3
});

/** The target's mean as text: a share where it has a class that is counted. */
export function meanText(mean: number, target: ITarget | undefined): string {
  return target?.task === 'classification'
    ? formatPercent(mean)
    : formatNumber(mean);
}

export interface IShapeProps {
  bins: readonly IShapeBin[];
  target?: ITarget;
  column: string;
  width: number;
  height: number;
  /** Points along an order are joined by a line. */
  ordered?: boolean;
}

function scale(props: IShapeProps): (value: number) => number {
  const { bins, target, height } = props;
  const values = bins.flatMap(bin => [bin.lower, bin.upper]);
  const low = Math.min(...values, target?.base ?? Infinity);
  const high = Math.max(...values, target?.base ?? -Infinity);
  const inset = 3;
  return value =>
    height - inset - ((value - low) / (high - low || 1)) * (height - 2 * inset);
}

/** The target along a column: its mean in every bin, with the interval, against the mean of all rows. */
export function Shape(props: IShapeProps): JSX.Element | null {
  const { bins, target, column, width, height, ordered } = props;
  const trans = useTrans();
  if (bins.length === 0) {
    return null;
  }
  const y = scale(props);
  const step = width / bins.length;
  const x = (i: number): number => (i + 0.5) * step;
  const [low, high] = [
    bins.reduce((a, b) => (b.mean < a.mean ? b : a)),
    bins.reduce((a, b) => (b.mean > a.mean ? b : a))
  ];
  const label = trans.__(
    '%1 along %2: from %3 (%4) to %5 (%6)',
    target?.column ?? trans.__('The target'),
    column,
    meanText(low.mean, target),
    low.label,
    meanText(high.mean, target),
    high.label
  );
  // A last bin for missing values is no part of the line.
  const line = bins.filter(bin => bin.label !== 'missing');
  const band = [
    ...line.map((bin, i) => `${x(i)},${y(bin.upper)}`),
    ...line.map((bin, i) => `${x(i)},${y(bin.lower)}`).reverse()
  ].join(' ');
  return (
    <svg
      className="jp-mlnb-Shape"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {target?.base !== undefined && (
        <line
          className="jp-mlnb-Shape-base"
          x1={0}
          x2={width}
          y1={y(target.base)}
          y2={y(target.base)}
        />
      )}
      {ordered && (
        <>
          <polygon className="jp-mlnb-Shape-band" points={band} />
          <polyline
            points={line.map((bin, i) => `${x(i)},${y(bin.mean)}`).join(' ')}
          />
        </>
      )}
      {bins.map((bin, i) => (
        <g key={i}>
          {(!ordered || bin.label === 'missing') && (
            <line x1={x(i)} x2={x(i)} y1={y(bin.lower)} y2={y(bin.upper)} />
          )}
          <circle
            cx={x(i)}
            cy={y(bin.mean)}
            r={Math.min(2.6, Math.max(step / 4, 1.2))}
          >
            <title>
              {trans.__(
                '%1: %2 (%3 to %4), %5 rows',
                bin.label,
                meanText(bin.mean, target),
                meanText(bin.lower, target),
                meanText(bin.upper, target),
                formatInteger(bin.rows)
              )}
            </title>
          </circle>
        </g>
      ))}
    </svg>
  );
}

/** How much a column tells, from chance to certainty, with its interval. */
export function Power(props: { association: IAssociation }): JSX.Element {
  const { association } = props;
  const base = chance(association);
  const place = (value: number): number =>
    Math.min(Math.max((value - base) / (1 - base), 0), 1) * 100;
  const [low, high] = [place(association.lower), place(association.upper)];
  return (
    <span className="jp-mlnb-Power">
      <span className="jp-mlnb-Power-track" aria-hidden="true">
        <span
          className="jp-mlnb-Power-bar"
          style={{ width: `${place(association.value)}%` }}
        />
        <span
          className="jp-mlnb-Power-interval"
          style={{ left: `${low}%`, width: `${Math.max(high - low, 0.6)}%` }}
        />
      </span>
      <span className="jp-mlnb-Power-text">
        {places.format(association.value)}
      </span>
    </span>
  );
}
