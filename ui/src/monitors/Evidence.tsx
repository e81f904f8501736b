import * as React from 'react';
import type { IWindowVerdict } from '../api/types.monitors';
import { State } from '../components/State';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import { figure, windowName } from './words';

/** What a rule saw, window by window. */
export function Evidence(props: {
  label: string;
  windows: readonly IWindowVerdict[];
  limit: number;
}): JSX.Element {
  const trans = useTrans();
  const columns = props.windows.some(one => one.column !== ':table');
  return (
    <table className="jp-mlnb-Table" aria-label={props.label}>
      <thead>
        <tr>
          <th scope="col">{trans.__('Window')}</th>
          {columns && <th scope="col">{trans.__('Column')}</th>}
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Value')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Interval')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Limit')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Rows')}
          </th>
          <th scope="col">{trans.__('Verdict')}</th>
        </tr>
      </thead>
      <tbody>
        {props.windows.map((one, i) => (
          <tr key={i}>
            <td>{windowName(one)}</td>
            {columns && (
              <td>
                <bdi>{one.column === ':table' ? '' : one.column}</bdi>
              </td>
            )}
            <td className="jp-mod-numeric">
              {one.value === undefined ? '–' : figure(one.value)}
            </td>
            <td className="jp-mod-numeric jp-mlnb-Muted">
              {one.lower !== undefined &&
                one.upper !== undefined &&
                trans.__('%1 – %2', figure(one.lower), figure(one.upper))}
            </td>
            <td className="jp-mod-numeric jp-mlnb-Muted">
              {figure(props.limit)}
            </td>
            <td className="jp-mod-numeric">{formatInteger(one.rows)}</td>
            <td>
              {one.holds ? (
                <State tone="bad" label={trans.__('past the limit')} />
              ) : (
                <span className="jp-mlnb-Muted">{one.why}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
