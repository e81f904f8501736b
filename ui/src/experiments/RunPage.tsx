import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IRun } from '../api/types';
import { EmptyState } from '../components/EmptyState';
import { Facts } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { Tabs } from '../components/Tabs';
import type { ITab } from '../components/Tabs';
import type { IDocumentProps } from '../document';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { CodeTab } from '../run/CodeTab';
import { FilesTab } from '../run/FilesTab';
import { HistoryTab } from '../run/HistoryTab';
import { LogTab } from '../run/LogTab';
import { ReplaysTab } from '../run/ReplaysTab';
import {
  isInBackground,
  isRunning,
  RunActions,
  runFacts,
  RunMarks,
  RunNote,
  RunTitle
} from '../run/RunHeader';
import { QUIET_MS, useWhile } from '../run/useWhile';
import { EvaluationTab } from '../evaluation/EvaluationTab';
import { runQuery } from './queries';
import { RunOverview } from './RunOverview';
import { byGoals, useGoals } from './useGoals';

/** One run: what it measured, from what, by which code, and what it left. */
export function RunPage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(runQuery(props.name));
  const { refetch, data } = query;
  const again = React.useCallback(() => void refetch(), [refetch]);
  useWhile(data !== undefined && isRunning(data), again, QUIET_MS);
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="run"
        title={trans.__('There is no run %1', props.name)}
        text={query.error.hint ?? trans.__('It was deleted.')}
      />
    );
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={8} />}>
      {run => <LoadedRun {...props} run={run} />}
    </QueryView>
  );
}

function tabsOf(run: IRun, trans: ITrans): ITab[] {
  const system = Object.keys(run.system_metrics ?? {}).length;
  const hasLog =
    isInBackground(run) ||
    run.artifacts.some(file => file.path === 'mlnb/stdout.log');
  const tabs: (ITab | false)[] = [
    { id: 'overview', label: trans.__('Overview') },
    Object.keys(run.metrics).length > 0 && {
      id: 'charts',
      label: trans.__('Charts')
    },
    (run.evaluations.length > 0 || run.models.length > 0) && {
      id: 'evaluation',
      label: trans.__('Evaluation'),
      count: run.evaluations.length || undefined
    },
    run.source.code !== undefined && { id: 'code', label: trans.__('Code') },
    {
      id: 'artifacts',
      label: trans.__('Artifacts'),
      count: run.artifacts.length
    },
    system > 0 && { id: 'system', label: trans.__('System') },
    hasLog && { id: 'log', label: trans.__('Log') },
    { id: 'replays', label: trans.__('Replays') }
  ];
  return tabs.filter((tab): tab is ITab => tab !== false);
}

function LoadedRun(props: IDocumentProps & { run: IRun }): JSX.Element {
  const { run, query, onQuery, onTitle } = props;
  const trans = useTrans();
  React.useEffect(() => onTitle(run.name), [onTitle, run.name]);
  const tabs = tabsOf(run, trans);
  const tab = tabs.find(one => one.id === query.tab)?.id ?? 'overview';
  const choose = (id: string): void =>
    onQuery({ tab: id === 'overview' ? undefined : id });
  return (
    <Page
      icon="run"
      place={trans.__('Run of %1', run.experiment_name)}
      title={run.name}
      heading={<RunTitle run={run} />}
      marks={<RunMarks run={run} />}
      description={<RunNote run={run} />}
      facts={<Facts facts={runFacts(run, trans)} />}
      actions={<RunActions run={run} onTab={choose} />}
    >
      {run.error !== undefined && (
        <RunFailure error={run.error} isStopped={run.status === 'KILLED'} />
      )}
      <Tabs label={run.name} tabs={tabs} current={tab} onSelect={choose}>
        <div className="jp-mlnb-Scroll">
          <TabContent {...props} tab={tab} />
        </div>
      </Tabs>
    </Page>
  );
}

function TabContent(
  props: IDocumentProps & { run: IRun; tab: string }
): JSX.Element {
  const { run, tab, query, onQuery } = props;
  const goals = useGoals();
  switch (tab) {
    case 'charts':
      // The order decides what is asked for: it is known first.
      return !goals.isReady ? (
        <Skeleton kind="grid" />
      ) : (
        <HistoryTab
          run={run}
          metrics={byGoals(Object.keys(run.metrics), goals.names, key => key)}
        />
      );
    case 'evaluation':
      return (
        <EvaluationTab
          run={run}
          chosen={query.evaluation}
          onChoose={evaluation => onQuery({ evaluation })}
        />
      );
    case 'code':
      return <CodeTab run={run} />;
    case 'artifacts':
      return (
        <FilesTab
          run={run}
          path={query.file}
          onPath={file => onQuery({ file })}
        />
      );
    case 'system':
      return (
        <HistoryTab
          run={run}
          metrics={Object.keys(run.system_metrics ?? {}).sort()}
          system
        />
      );
    case 'log':
      return <LogTab run={run} />;
    case 'replays':
      return <ReplaysTab run={run} />;
    default:
      return <RunOverview run={run} />;
  }
}

/** The error in its last line, the trace behind it; that somebody stopped a run is no error. */
function RunFailure(props: { error: string; isStopped: boolean }): JSX.Element {
  const { error, isStopped } = props;
  const trans = useTrans();
  const lines = error.trim().split('\n');
  return (
    <div
      className={`jp-mlnb-Failure jp-mod-${isStopped ? 'idle' : 'bad'}`}
      role={isStopped ? undefined : 'alert'}
    >
      <Icon name={isStopped ? 'info' : 'error'} />
      <div>
        <p>
          {isStopped
            ? trans.__('It was stopped before its end.')
            : lines[lines.length - 1]}
        </p>
        {lines.length > 1 && (
          <details>
            <summary>{trans.__('Trace')}</summary>
            <pre tabIndex={0}>{error}</pre>
          </details>
        )}
      </div>
    </div>
  );
}

export default RunPage;
