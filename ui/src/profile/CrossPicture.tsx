import * as React from 'react';
import type { IDrillResult } from '../api/types.explore';
import { formatInteger, formatPercent } from '../format';
import { useTrans } from '../host';

const SHOWN = 20;

/** Levels of two columns against each other; the colour is the share within the row, so that rare levels can be read, too. */
export function CrossPicture(props: {
  result: IDrillResult;
  x: string;
  y: string;
}): JSX.Element {
  const { result, x, y } = props;
  const trans = useTrans();
  const { columns } = result;
  const name = (value: unknown): string =>
    value === null || value === undefined ? '–' : String(value);
  const across = [...new Set((columns.x ?? []).map(name))].slice(0, SHOWN);
  const down = [...new Set((columns.y ?? []).map(name))].slice(0, SHOWN);
  const counts = new Map<string, number>();
  const sums = new Map<string, number>();
  (columns.count ?? []).forEach((count, i) => {
    const row = name(columns.y?.[i]);
    counts.set(JSON.stringify([row, name(columns.x?.[i])]), Number(count));
    sums.set(row, (sums.get(row) ?? 0) + Number(count));
  });
  return (
    <div
      className="jp-mlnb-CrossPicture"
      role="region"
      tabIndex={0}
      aria-label={trans.__('%1 against %2', y, x)}
    >
      <table aria-label={trans.__('%1 against %2', y, x)}>
        <thead>
          <tr>
            <th scope="col">
              <bdi>{y}</bdi> \ <bdi>{x}</bdi>
            </th>
            {across.map(one => (
              <th key={one} scope="col" className="jp-mod-numeric">
                <bdi>{one}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {down.map(row => (
            <tr key={row}>
              <th scope="row">
                <bdi>{row}</bdi>
              </th>
              {across.map(one => {
                const count = counts.get(JSON.stringify([row, one])) ?? 0;
                const part = count / Math.max(sums.get(row) ?? 1, 1);
                return (
                  <td
                    key={one}
                    className="jp-mod-numeric"
                    style={
                      {
                        '--jp-mlnb-depth': `${Math.round(part * 60)}%`
                      } as React.CSSProperties
                    }
                    title={trans.__(
                      '%1, %2: %3 of this row',
                      row,
                      one,
                      formatPercent(part)
                    )}
                  >
                    {formatInteger(count)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
