import * as React from 'react';
import { formatAddress } from '../address';
import type { IAlert } from '../api/types.monitors';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { InsertMonitor } from './InsertMonitor';
import { alertsQuery } from './queries';
import { alertState } from './states';
import { figure, metricName } from './words';

/** All alerts, triggered ones first. */
export function AlertsSection(): JSX.Element {
  const trans = useTrans();
  const query = useApi(alertsQuery());
  return (
    <QueryView
      query={query}
      isEmpty={data => data.alerts.length === 0}
      empty={
        query.data?.monitors ? (
          <EmptyState
            icon="alert"
            title={trans.__('No alerts yet')}
            text={trans.__(
              'Open a monitor and set one: it speaks when a metric stays past a limit, and can start retraining.'
            )}
          />
        ) : (
          <EmptyState
            icon="alert"
            title={trans.__('No alerts yet')}
            text={trans.__(
              'Alerts belong to a monitor, which profiles a table and compares it with a baseline.'
            )}
          >
            <InsertMonitor />
          </EmptyState>
        )
      }
    >
      {({ alerts }) => (
        <List label={trans.__('Alerts')}>
          {alerts.map(alert => (
            <AlertRow key={alert.id} alert={alert} />
          ))}
        </List>
      )}
    </QueryView>
  );
}

function AlertRow({ alert }: { alert: IAlert }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const state = alertState(alert, trans);
  const limit = figure(alert.rule.threshold);
  return (
    <ListRow
      name={alert.name}
      tone={state.tone}
      title={`${alert.table_name}: ${state.label}`}
      marks={
        <span className={`jp-mlnb-Tone jp-mod-${state.tone}`}>
          {state.label}
        </span>
      }
      detail={
        <>
          {metricName(alert.rule.metric, trans)} ·{' '}
          <bdi>{alert.table_name.split('.').pop()}</bdi>
        </>
      }
      aside={
        <span className="jp-mlnb-Figure">
          {alert.last_value === undefined ? '–' : figure(alert.last_value)}
          <small>
            {alert.rule.direction === 'below'
              ? trans.__('limit ≥ %1', limit)
              : trans.__('limit ≤ %1', limit)}
          </small>
        </span>
      }
      onOpen={() =>
        host.open(
          formatAddress('monitor', alert.table_name, {
            query: { tab: 'alerts' }
          })
        )
      }
    />
  );
}

export default AlertsSection;
