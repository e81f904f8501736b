import * as React from 'react';
import type { IDrillResult } from '../api/types.explore';
import { formatCompact, formatInteger, formatNumber } from '../format';
import { useTrans } from '../host';

const SHOWN = 30;

interface IBox {
  name: string;
  low: number;
  q1: number;
  median: number;
  q3: number;
  high: number;
  count: number;
}

function boxes(result: IDrillResult): IBox[] {
  const { columns } = result;
  const at = (key: string, i: number): number => Number(columns[key]?.[i]);
  return (columns.median ?? []).flatMap((median, i) =>
    median === null
      ? []
      : [
          {
            name:
              columns.by?.[i] === null || columns.by?.[i] === undefined
                ? '–'
                : String(columns.by[i]),
            low: at('lower', i),
            q1: at('q1', i),
            median: Number(median),
            q3: at('q3', i),
            high: at('upper', i),
            count: at('rows', i)
          }
        ]
  );
}

/** A number by the levels of another column: median, middle half and whiskers, one line each. */
export function BoxPicture(props: {
  result: IDrillResult;
  x: string;
  by: string;
}): JSX.Element {
  const { x, by } = props;
  const trans = useTrans();
  const all = boxes(props.result);
  const shown = all.slice(0, SHOWN);
  const low = Math.min(...shown.map(one => one.low));
  const high = Math.max(...shown.map(one => one.high));
  const place = (value: number): number =>
    ((value - low) / (high - low || 1)) * 100;
  return (
    <table
      className="jp-mlnb-BoxPicture"
      aria-label={trans.__('%1 by %2', x, by)}
    >
      <thead>
        <tr>
          <th scope="col">{by}</th>
          <th scope="col">
            <span>
              <span>{formatNumber(low)}</span>
              <span>{x}</span>
              <span>{formatNumber(high)}</span>
            </span>
          </th>
          <th scope="col">{trans.__('Median')}</th>
          <th scope="col">{trans.__('Rows')}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(one => (
          <tr
            key={one.name}
            title={trans.__(
              '%1: half of the rows from %2 to %3, whiskers %4 to %5',
              one.name,
              formatNumber(one.q1),
              formatNumber(one.q3),
              formatNumber(one.low),
              formatNumber(one.high)
            )}
          >
            <th scope="row">
              <bdi>{one.name}</bdi>
            </th>
            <td>
              <span className="jp-mlnb-Box" aria-hidden="true">
                <span
                  className="jp-mlnb-Box-line"
                  style={{
                    left: `${place(one.low)}%`,
                    width: `${place(one.high) - place(one.low)}%`
                  }}
                />
                <span
                  className="jp-mlnb-Box-half"
                  style={{
                    left: `${place(one.q1)}%`,
                    width: `${place(one.q3) - place(one.q1)}%`
                  }}
                />
                <span
                  className="jp-mlnb-Box-median"
                  style={{ left: `${place(one.median)}%` }}
                />
              </span>
            </td>
            <td className="jp-mod-numeric">{formatNumber(one.median)}</td>
            <td className="jp-mod-numeric" title={formatInteger(one.count)}>
              {formatCompact(one.count)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
