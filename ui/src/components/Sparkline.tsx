import * as React from 'react';

export interface ISparklineProps {
  values: readonly (number | null)[];
  /** What a screen reader hears instead of the picture. */
  label: string;
  width?: number;
  height?: number;
}

/** A line without axes: the shape of a series at a glance, its last point marked. */
export function Sparkline(props: ISparklineProps): JSX.Element | null {
  const { values, width = 64, height = 18 } = props;
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) {
    return null;
  }
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const inset = 2;
  const x = (i: number): number =>
    inset + (i / Math.max(values.length - 1, 1)) * (width - 2 * inset);
  const y = (value: number): number =>
    height - inset - ((value - low) / span) * (height - 2 * inset);
  let pen = 'M';
  const steps: string[] = [];
  values.forEach((value, i) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    steps.push(`${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
    pen = 'L';
  });
  const last =
    values.length - 1 - [...values].reverse().findIndex(v => v !== null);
  return (
    <svg
      className="jp-mlnb-Sparkline"
      width={width}
      height={height}
      role="img"
      aria-label={props.label}
    >
      <path d={steps.join('')} />
      <circle cx={x(last)} cy={y(values[last] as number)} r={2} />
    </svg>
  );
}

/** A share of a whole as a bar behind its figure. */
export function Meter(props: {
  /** From 0 to 1. */
  value: number;
  text: string;
  tone?: 'accent' | 'good' | 'bad' | 'warn';
}): JSX.Element {
  const share = Math.min(Math.max(props.value, 0), 1);
  // One element: tables have hundreds of them.
  return (
    <span
      className={`jp-mlnb-Meter jp-mod-${props.tone ?? 'accent'}`}
      style={{ backgroundSize: `${(share * 100).toFixed(1)}% 100%` }}
    >
      {props.text}
    </span>
  );
}
