import * as React from 'react';
import type { IAlert, IMonitor } from '../api/types.monitors';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { InsertButton } from '../components/InsertButton';
import { Section } from '../components/Page';
import { State, Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import { useAction } from '../hooks/useApi';
import { useTrans } from '../host';
import { DecisionList } from './DecisionList';
import { Evidence } from './Evidence';
import { alertState } from './states';
import { ruleSentence } from './words';

/** The rules of a monitor with what they last saw, and what was decided about retraining. */
export function AlertsTab(props: {
  monitor: IMonitor;
  onChanged: () => void;
}): JSX.Element {
  const { monitor, onChanged } = props;
  const trans = useTrans();
  const decide = useAction(
    api => api.monitors.decide(monitor.table_name),
    onChanged
  );
  return (
    <>
      <Section title={trans.__('Alerts')}>
        {monitor.alerts.length === 0 ? (
          <NoAlerts table={monitor.table_name} />
        ) : (
          <ul className="jp-mlnb-Alerts" aria-label={trans.__('Alerts')}>
            {monitor.alerts.map(alert => (
              <AlertCard key={alert.id} alert={alert} onChanged={onChanged} />
            ))}
          </ul>
        )}
      </Section>
      <Section
        title={trans.__('Retraining')}
        aside={
          <Button
            label={trans.__('Decide now')}
            icon="check"
            busy={decide.isPending}
            title={trans.__(
              'Weigh the alerts and write the decision down; a job may follow it'
            )}
            onClick={() => decide.mutate(undefined)}
          />
        }
      >
        <DecisionList decisions={monitor.decisions} />
      </Section>
    </>
  );
}

function NoAlerts({ table }: { table: string }): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState
      icon="alert"
      title={trans.__('No alerts on this monitor')}
      text={trans.__(
        'An alert speaks when a metric is past a limit in several windows in a row, so one odd day wakes nobody.'
      )}
    >
      <InsertButton
        label={trans.__('Insert an example cell')}
        source={`%monitor alert ${table} psi --above 0.2 -k 2 -n 3`}
      />
    </EmptyState>
  );
}

function AlertCard(props: {
  alert: IAlert;
  onChanged: () => void;
}): JSX.Element {
  const { alert, onChanged } = props;
  const trans = useTrans();
  const enable = useAction(
    (api, on: boolean) => api.monitors.enableAlert(alert.id, on),
    onChanged
  );
  const state = alertState(alert, trans);
  return (
    <li className={`jp-mlnb-Alert jp-mod-${state.tone}`}>
      <div className="jp-mlnb-Alert-head">
        <State {...state} />
        <strong>
          <bdi>{alert.name}</bdi>
        </strong>
        {alert.rule.severity !== 'warning' && (
          <Tag
            label={alert.rule.severity}
            tone={alert.rule.severity === 'critical' ? 'bad' : 'idle'}
          />
        )}
        <span className="jp-mlnb-Alert-rule">
          {ruleSentence(alert.rule, trans)}
        </span>
        {alert.since !== undefined && (
          <span className="jp-mlnb-Muted">
            {trans.__('since')} <RelativeTime time={alert.since} />
          </span>
        )}
        <Button
          label={alert.enabled ? trans.__('Switch off') : trans.__('Switch on')}
          kind="link"
          busy={enable.isPending}
          onClick={() => enable.mutate(!alert.enabled)}
        />
      </div>
      {alert.evidence.length > 0 && (
        <Evidence
          label={trans.__('What %1 saw', alert.name)}
          windows={alert.evidence}
          limit={alert.rule.threshold}
        />
      )}
    </li>
  );
}
