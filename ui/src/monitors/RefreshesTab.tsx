import * as React from 'react';
import type { IRefresh } from '../api/types.monitors';
import { EmptyState } from '../components/EmptyState';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import { formatDuration, formatInteger } from '../format';
import { useTrans } from '../host';
import { refreshState } from './states';

/** What each refresh did and cost, newest first. */
export function RefreshesTab(props: {
  refreshes: readonly IRefresh[];
}): JSX.Element {
  const trans = useTrans();
  if (props.refreshes.length === 0) {
    return (
      <EmptyState
        icon="history"
        title={trans.__('Never refreshed')}
        text={trans.__(
          'A refresh reads the rows that are new and updates both metric tables.'
        )}
      />
    );
  }
  return (
    <table
      className="jp-mlnb-Table jp-mlnb-Refreshes"
      aria-label={trans.__('Refreshes')}
    >
      <thead>
        <tr>
          <th scope="col">{trans.__('State')}</th>
          <th scope="col">{trans.__('Started')}</th>
          <th scope="col">{trans.__('By')}</th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Duration')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Windows')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Rows')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Processor')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Memory')}
          </th>
          <th scope="col">{trans.__('Message')}</th>
        </tr>
      </thead>
      <tbody>
        {props.refreshes.map(one => (
          <RefreshRow key={one.refresh_id} refresh={one} />
        ))}
      </tbody>
    </table>
  );
}

function RefreshRow({ refresh }: { refresh: IRefresh }): JSX.Element {
  const trans = useTrans();
  const { start_time_ms: start, end_time_ms: end } = refresh;
  const integer = (value: number | undefined): string =>
    value === undefined ? '' : formatInteger(value);
  return (
    <tr>
      <td>
        <State {...refreshState(refresh.state, trans)} />
      </td>
      <td>{start !== undefined && <RelativeTime time={start} />}</td>
      <td className="jp-mlnb-Muted">
        {refresh.trigger === 'SCHEDULE'
          ? trans.__('schedule')
          : trans.__('hand')}
      </td>
      <td className="jp-mod-numeric">
        {start !== undefined &&
          end !== undefined &&
          formatDuration(end - start)}
      </td>
      <td className="jp-mod-numeric">{integer(refresh.windows)}</td>
      <td className="jp-mod-numeric">{integer(refresh.rows)}</td>
      <td className="jp-mod-numeric">
        {refresh.cpu_seconds !== undefined &&
          formatDuration(refresh.cpu_seconds * 1000)}
      </td>
      <td className="jp-mod-numeric">
        {refresh.peak_mb !== undefined &&
          trans.__('%1 MB', formatInteger(refresh.peak_mb))}
      </td>
      <td className="jp-mlnb-Muted">{refresh.message}</td>
    </tr>
  );
}
