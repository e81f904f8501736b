import * as React from 'react';
import { formatAddress } from '../address';
import { ApiError } from '../api/errors';
import type { IMonitor } from '../api/types.monitors';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView } from '../components/ErrorView';
import { Facts } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { State, STATE_ICONS } from '../components/State';
import { Tabs } from '../components/Tabs';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { formatInteger } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useProgress } from '../hooks/useProgress';
import { useHost, useTrans } from '../host';
import type { IHost } from '../host';
import { AlertsTab } from './AlertsTab';
import { DriftSection } from './DriftSection';
import { ProgressBar } from './ProgressBar';
import { QualitySection } from './QualitySection';
import { monitorQuery } from './queries';
import { RefreshesTab } from './RefreshesTab';
import { monitorState } from './states';

/** One monitor: what it says in a sentence, drift, quality, alerts, decisions and its refreshes. */
export function MonitorPage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(monitorQuery(props.name));
  const { refetch } = query;
  const onChanged = React.useCallback(() => void refetch(), [refetch]);
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="monitor"
        title={trans.__('There is no monitor on %1', props.name)}
        text={query.error.hint ?? trans.__('It was deleted.')}
      />
    );
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={10} />}>
      {monitor => (
        <LoadedMonitor {...props} monitor={monitor} onChanged={onChanged} />
      )}
    </QueryView>
  );
}

interface ILoadedProps extends IDocumentProps {
  monitor: IMonitor;
  onChanged: () => void;
}

export function granularitiesOf(monitor: IMonitor): readonly string[] {
  return (monitor.inference_log ?? monitor.time_series)?.granularities ?? [];
}

function LoadedMonitor(props: ILoadedProps): JSX.Element {
  const { monitor, query, onQuery, onTitle, onChanged } = props;
  const host = useHost();
  const { trans } = host;
  const at = monitor.table_name.lastIndexOf('.');
  const last = monitor.table_name.slice(at + 1);
  React.useEffect(() => onTitle(last), [onTitle, last]);
  const tabs = [
    { id: 'overview', label: trans.__('Drift and Quality') },
    {
      id: 'alerts',
      label: trans.__('Alerts and Retraining'),
      count: monitor.alerts.length
    },
    {
      id: 'refreshes',
      label: trans.__('Refreshes'),
      count: monitor.refreshes.length
    }
  ];
  const tab = tabs.find(one => one.id === query.tab)?.id ?? 'overview';
  const granularities = granularitiesOf(monitor);
  return (
    <Page
      icon="monitor"
      place={trans.__('Monitor of %1', monitor.table_name.slice(0, at))}
      title={last}
      marks={<State {...stateOf(monitor, host)} />}
      facts={<Facts facts={facts(monitor, host)} />}
      actions={<Actions monitor={monitor} onChanged={onChanged} />}
    >
      <RefreshProgress table={monitor.table_name} onChanged={onChanged} />
      <Tabs
        label={last}
        tabs={tabs}
        current={tab}
        onSelect={id => onQuery({ tab: id === 'overview' ? undefined : id })}
      >
        <div className="jp-mlnb-Scroll">
          {tab === 'alerts' ? (
            <AlertsTab monitor={monitor} onChanged={onChanged} />
          ) : tab === 'refreshes' ? (
            <RefreshesTab refreshes={monitor.refreshes} />
          ) : (
            <>
              <Verdict monitor={monitor} />
              <DriftSection
                monitor={monitor}
                granularities={granularities}
                query={query}
                onQuery={onQuery}
              />
              <QualitySection monitor={monitor} granularities={granularities} />
            </>
          )}
        </div>
      </Tabs>
    </Page>
  );
}

function stateOf(
  monitor: IMonitor,
  { trans }: IHost
): ReturnType<typeof monitorState> {
  return monitorState(
    { ...monitor, drifted_columns: monitor.drifted_columns.length },
    trans
  );
}

/** What the monitor says, in one sentence. */
function Verdict({ monitor }: { monitor: IMonitor }): JSX.Element {
  const host = useHost();
  const { tone } = stateOf(monitor, host);
  const text = monitor.summary;
  return (
    <>
      <p className={`jp-mlnb-Verdict jp-mod-${tone}`}>
        <Icon name={STATE_ICONS[tone]} />
        <span>{text.charAt(0).toLocaleUpperCase() + text.slice(1)}</span>
      </p>
      {monitor.latest_monitor_failure_msg !== undefined && (
        <ErrorView error={new Error(monitor.latest_monitor_failure_msg)} />
      )}
    </>
  );
}

function facts(monitor: IMonitor, host: IHost): IFact[] {
  const { trans } = host;
  const newest = monitor.refreshes.find(one => one.state === 'SUCCESS');
  const rows = newest?.rows;
  const profile = monitor.inference_log ?? monitor.time_series;
  const table = (name: string): React.ReactNode => (
    <Button
      label={name}
      kind="link"
      onClick={() => host.open(formatAddress('table', name))}
    />
  );
  const list: (IFact | false | undefined)[] = [
    newest && {
      label: trans.__('Refreshed'),
      value: (
        <RelativeTime time={newest.end_time_ms ?? newest.start_time_ms ?? 0} />
      )
    },
    rows !== undefined && {
      label: trans.__('Rows read'),
      value: formatInteger(rows)
    },
    profile && {
      label: trans.__('Windows of'),
      value: profile.granularities.join(', ')
    },
    profile && {
      label: trans.__('Time'),
      value: <bdi>{profile.timestamp_col}</bdi>
    },
    monitor.slicing_exprs.length > 0 && {
      label: trans.__('Slices'),
      value: <bdi>{monitor.slicing_exprs.join(', ')}</bdi>
    },
    monitor.baseline_table_name !== undefined && {
      label: trans.__('Baseline'),
      value: table(monitor.baseline_table_name)
    },
    monitor.inference_log?.labels && {
      label: trans.__('Labels'),
      value: table(monitor.inference_log.labels.table)
    }
  ];
  return list.filter((one): one is IFact => Boolean(one));
}

function isActive(state: string | undefined): boolean {
  return state === 'PENDING' || state === 'RUNNING';
}

function Actions(props: {
  monitor: IMonitor;
  onChanged: () => void;
}): JSX.Element {
  const { monitor, onChanged } = props;
  const host = useHost();
  const { trans } = host;
  const refresh = useAction(
    api => api.monitors.refresh(monitor.table_name),
    onChanged
  );
  return (
    <>
      <Button
        label={trans.__('Refresh')}
        icon="refresh"
        kind="accept"
        busy={refresh.isPending || isActive(monitor.refreshes[0]?.state)}
        title={trans.__('Read the rows that are new')}
        onClick={() => refresh.mutate(undefined)}
      />
      <Button
        label={trans.__('Table')}
        icon="table"
        onClick={() => host.open(formatAddress('table', monitor.table_name))}
      />
    </>
  );
}

function RefreshProgress(props: {
  table: string;
  onChanged: () => void;
}): JSX.Element | null {
  const { table, onChanged } = props;
  const trans = useTrans();
  const progress = useProgress(`monitor:${table}`);
  const state = progress?.state;
  // The journal speaks when a refresh has ended, not when it begins.
  React.useEffect(() => {
    if (state !== undefined) {
      onChanged();
    }
  }, [state, onChanged]);
  return progress?.state === 'running' ? (
    <ProgressBar
      label={trans.__('Refreshing')}
      done={progress.done}
      total={progress.total}
      message={progress.message}
    />
  ) : null;
}

export default MonitorPage;
