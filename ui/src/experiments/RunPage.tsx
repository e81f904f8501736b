import * as React from 'react';
import { formatAddress } from '../address';
import { ApiError } from '../api/errors';
import type { IRun } from '../api/types';
import { Button } from '../components/Button';
import { Code } from '../components/Code';
import { EmptyState } from '../components/EmptyState';
import { Facts } from '../components/Facts';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { State, Tag } from '../components/State';
import { Tabs } from '../components/Tabs';
import type { ITab } from '../components/Tabs';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { formatDuration } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { ArtifactsTab, registeredName } from './ArtifactsTab';
import { EvaluationTab } from './EvaluationTab';
import { runQuery } from './queries';
import { runState } from './rows';
import { RunOverview } from './RunOverview';

/** One run: what it measured, from what, by which code, and what it left. */
export function RunPage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(runQuery(props.name));
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
  const tabs: (ITab | false)[] = [
    { id: 'overview', label: trans.__('Overview') },
    run.evaluations.length > 0 && {
      id: 'evaluation',
      label: trans.__('Evaluation'),
      count: run.evaluations.length
    },
    run.source.code !== undefined && { id: 'code', label: trans.__('Code') },
    {
      id: 'artifacts',
      label: trans.__('Artifacts'),
      count: run.artifacts.length
    }
  ];
  return tabs.filter(tab => tab !== false);
}

function LoadedRun(props: IDocumentProps & { run: IRun }): JSX.Element {
  const { run, query, onQuery, onTitle } = props;
  const trans = useTrans();
  React.useEffect(() => onTitle(run.name), [onTitle, run.name]);
  const tabs = tabsOf(run, trans);
  const tab = tabs.find(one => one.id === query.tab)?.id ?? 'overview';
  return (
    <Page
      icon="run"
      place={trans.__('Run of %1', run.experiment_name)}
      title={run.name}
      marks={<RunMarks run={run} />}
      facts={<Facts facts={runFacts(run, trans)} />}
      actions={<RunActions run={run} />}
    >
      <Tabs
        label={run.name}
        tabs={tabs}
        current={tab}
        onSelect={id => onQuery({ tab: id === 'overview' ? undefined : id })}
      >
        <div className="jp-mlnb-Scroll">
          {tab === 'evaluation' ? (
            <EvaluationTab evaluations={run.evaluations} />
          ) : tab === 'code' ? (
            <Code
              label={trans.__('The cell that made this run')}
              source={run.source.code ?? ''}
            />
          ) : tab === 'artifacts' ? (
            <ArtifactsTab run={run} />
          ) : (
            <RunOverview run={run} />
          )}
        </div>
      </Tabs>
    </Page>
  );
}

function RunMarks({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  return (
    <>
      <State {...runState(run.status, trans)} />
      {run.models
        .filter(model => registeredName(model.uri))
        .map(model => (
          <Tag key={model.uri} label={model.uri} icon="model" tone="accent" />
        ))}
    </>
  );
}

function RunActions({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  return (
    <>
      <Button
        label={trans.__('Copy run id')}
        icon="copy"
        onClick={() => void host.copy(run.run_id)}
      />
      <Button
        label={trans.__('All runs')}
        icon="experiment"
        onClick={() =>
          host.open(formatAddress('experiment', run.experiment_id))
        }
      />
    </>
  );
}

function runFacts(
  run: IRun,
  trans: ITrans
): { label: string; value: React.ReactNode; title?: string }[] {
  const { git } = run;
  const facts = [
    {
      label: trans.__('Started'),
      value: <RelativeTime time={run.start_time} />
    },
    run.end_time !== undefined && {
      label: trans.__('Duration'),
      value: formatDuration(run.end_time - run.start_time)
    },
    run.user !== undefined && {
      label: trans.__('By'),
      value: <bdi>{run.user}</bdi>
    },
    run.source.notebook !== undefined && {
      label: trans.__('Notebook'),
      value: <bdi>{run.source.notebook.split('/').pop()}</bdi>,
      title: run.source.notebook
    },
    run.tags['mlnb.scope'] !== undefined && {
      label: trans.__('Scope'),
      value: <bdi>{run.tags['mlnb.scope']}</bdi>
    },
    git.commit !== undefined && {
      label: trans.__('Git commit'),
      value: (
        <span className="jp-mlnb-Mono">
          {git.commit.slice(0, 8)}
          {git.dirty && '+'}
        </span>
      ),
      title: [
        git.branch,
        git.dirty && trans.__('with changes that were not committed')
      ]
        .filter(Boolean)
        .join(', ')
    }
  ];
  return facts.filter(fact => fact !== false);
}

export default RunPage;
