import * as React from 'react';
import { formatNumber } from '../format';
import { csvText } from '../grid/saveFile';
import type { IChartSpec } from './engine';

/** The figures of a chart, row by row. */
export function specRows(spec: IChartSpec): {
  head: string[];
  rows: (string | number | null)[][];
} {
  const bounded = spec.series.some(series => series.lower && series.upper);
  const head = ['', spec.x.label, spec.y.label];
  const rows = spec.series.flatMap(series =>
    series.x.map((x, i) => [
      series.text?.[i] ?? series.name,
      x,
      series.y[i],
      ...(bounded ? [series.lower?.[i] ?? null, series.upper?.[i] ?? null] : [])
    ])
  );
  return { head: bounded ? [...head, '−', '+'] : head, rows };
}

export function specToCsv(spec: IChartSpec): string {
  const { head, rows } = specRows(spec);
  return csvText([head, ...rows]);
}

export function ChartTable(props: {
  spec: IChartSpec;
  label: string;
}): JSX.Element {
  const { head, rows } = specRows(props.spec);
  return (
    <div className="jp-mlnb-ChartTable">
      <table aria-label={props.label}>
        <thead>
          <tr>
            {head.map((text, i) => (
              <th key={i} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((value, j) => (
                <td key={j} className={j > 0 ? 'jp-mod-numeric' : undefined}>
                  {typeof value === 'number' ? formatNumber(value) : value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
