import * as React from 'react';
import { formatAddress } from '../address';
import type { IMonitorSummary } from '../api/types.monitors';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { InsertMonitor } from './InsertMonitor';
import { monitorsQuery } from './queries';
import { monitorState } from './states';

/** Every monitor with what it says. */
export function MonitorsSection(): JSX.Element {
  const trans = useTrans();
  const query = useApi(monitorsQuery());
  return (
    <QueryView
      query={query}
      isEmpty={data => data.length === 0}
      empty={
        <EmptyState
          icon="monitor"
          title={trans.__('No monitors yet')}
          text={trans.__(
            'A monitor profiles a table by time and compares it with a baseline.'
          )}
        >
          <InsertMonitor />
        </EmptyState>
      }
    >
      {monitors => (
        <List label={trans.__('Monitors')}>
          {monitors.map(one => (
            <MonitorRow key={one.table_name} monitor={one} />
          ))}
        </List>
      )}
    </QueryView>
  );
}

function MonitorRow({ monitor }: { monitor: IMonitorSummary }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const name = monitor.table_name;
  const at = name.lastIndexOf('.');
  const state = monitorState(monitor, trans);
  const { drifted_columns: drifted, alerts_open: alerts } = monitor;
  const said =
    drifted > 0
      ? trans._n('%1 column drifted', '%1 columns drifted', drifted)
      : state.label;
  return (
    <ListRow
      name={name.slice(at + 1)}
      title={`${name}: ${state.label}`}
      tone={state.tone}
      marks={
        alerts > 0 && (
          <Tag label={trans._n('%1 alert', '%1 alerts', alerts)} tone="bad" />
        )
      }
      detail={
        <>
          {said}
          {monitor.last_refresh !== undefined && (
            <>
              {' · '}
              <RelativeTime time={monitor.last_refresh} />
            </>
          )}
        </>
      }
      onOpen={() => host.open(formatAddress('monitor', name))}
    />
  );
}

export default MonitorsSection;
