import * as React from 'react';
import { formatAddress } from '../address';
import { ApiError } from '../api/errors';
import type { IJobRun } from '../api/types.monitors';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Facts, Pairs } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Page, Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { State } from '../components/State';
import { Elapsed, RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { formatDuration } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useProgress } from '../hooks/useProgress';
import { useHost, useTrans } from '../host';
import type { IHost } from '../host';
import { CellList } from './CellList';
import { ProgressBar } from './ProgressBar';
import { jobRunQuery } from './queries';
import { isOver, jobRunState } from './states';

/** One run of a job, cell by cell as it comes. */
export function JobRunPage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(jobRunQuery(props.name));
  const { refetch } = query;
  const progress = useProgress(`job_run:${props.name}`);
  // Cells are written as they end; the journal speaks only when the run begins and ends.
  React.useEffect(() => {
    if (progress) {
      void refetch();
    }
  }, [progress, refetch]);
  const onChanged = React.useCallback(() => void refetch(), [refetch]);
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="job"
        title={trans.__('There is no job run %1', props.name)}
        text={query.error.hint ?? trans.__('It was deleted.')}
      />
    );
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={8} />}>
      {run => <LoadedRun {...props} run={run} onChanged={onChanged} />}
    </QueryView>
  );
}

interface ILoadedProps extends IDocumentProps {
  run: IJobRun;
  onChanged: () => void;
}

function LoadedRun(props: ILoadedProps): JSX.Element {
  const { run, onTitle } = props;
  const host = useHost();
  const { trans } = host;
  React.useEffect(() => onTitle(run.name), [onTitle, run.name]);
  const parameters = Object.entries(run.parameters);
  return (
    <Page
      icon="job"
      place={trans.__('Run of a job')}
      title={run.name}
      marks={<State {...jobRunState(run, trans)} />}
      facts={<Facts facts={facts(run, host)} />}
      actions={<Actions {...props} />}
    >
      <RunProgress run={run} />
      <div className="jp-mlnb-Scroll">
        {(run.error ?? run.message) !== undefined && <Failure run={run} />}
        {parameters.length > 0 && (
          <Section title={trans.__('Parameters')}>
            <div className="jp-mlnb-JobParameters">
              <Pairs
                label={trans.__('Parameters')}
                pairs={parameters.map(([name, value]) => [
                  name,
                  <span key={name} className="jp-mlnb-Mono">
                    {typeof value === 'string' ? value : JSON.stringify(value)}
                  </span>
                ])}
              />
            </div>
          </Section>
        )}
        <Section title={trans.__('Cells')}>
          {run.cells.length > 0 ? (
            <CellList cells={run.cells} />
          ) : (
            <p className="jp-mlnb-Muted">
              {isOver(run)
                ? trans.__('No cell was run.')
                : trans.__('The cells appear once the worker has begun.')}
            </p>
          )}
        </Section>
      </div>
    </Page>
  );
}

function facts(run: IJobRun, { trans }: IHost): IFact[] {
  const { start_time: start, end_time: end } = run;
  const list: (IFact | false)[] = [
    {
      label: start === undefined ? trans.__('Asked for') : trans.__('Started'),
      value: <RelativeTime time={start ?? run.created_at} />
    },
    start !== undefined && {
      label: trans.__('Duration'),
      value:
        end === undefined ? (
          <Elapsed since={start} />
        ) : (
          formatDuration(end - start)
        )
    },
    {
      label: trans.__('Cells'),
      value: trans.__('%1 of %2', run.cells_done, run.cells_total)
    },
    run.notebook !== undefined && {
      label: trans.__('Notebook'),
      value: <bdi>{run.notebook}</bdi>
    },
    { label: trans.__('By'), value: <bdi>{run.creator}</bdi> },
    run.attempt > 0 && {
      label: trans.__('Attempt'),
      value: String(run.attempt + 1)
    }
  ];
  return list.filter((one): one is IFact => one !== false);
}

function RunProgress({ run }: { run: IJobRun }): JSX.Element | null {
  const trans = useTrans();
  const live = useProgress(`job_run:${run.run_id}`);
  if (isOver(run)) {
    return null;
  }
  const done = Math.max(live?.done ?? 0, run.cells_done);
  return (
    <ProgressBar
      label={trans.__('Cells done')}
      done={done}
      total={run.cells_total}
      message={trans.__('%1 of %2 cells', done, run.cells_total)}
    />
  );
}

/** The error in its last line, the trace below for whoever looks closer. */
function Failure({ run }: { run: IJobRun }): JSX.Element {
  const trans = useTrans();
  const failed = run.result !== 'CANCELED' && run.error !== undefined;
  return (
    <div
      className={`jp-mlnb-Failure jp-mod-${failed ? 'bad' : 'idle'}`}
      role={failed ? 'alert' : undefined}
    >
      <Icon name={failed ? 'error' : 'info'} />
      <div>
        <p>{run.error ?? run.message}</p>
        {run.error_trace !== undefined && (
          <details>
            <summary>{trans.__('Trace')}</summary>
            <pre tabIndex={0}>{run.error_trace}</pre>
          </details>
        )}
      </div>
    </div>
  );
}

function Actions({ run, onChanged }: ILoadedProps): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const cancel = useAction(api => api.jobs.cancel(run.run_id), onChanged);
  const again = useAction(
    api => api.jobs.runNow(run.job_id),
    ({ run_id }) => host.open(formatAddress('job-run', String(run_id)))
  );
  const download = useAction(
    api => api.jobs.notebook(run.run_id),
    notebook => saveNotebook(notebook, `${run.name}-${run.run_id}.ipynb`)
  );
  return (
    <>
      {isOver(run) ? (
        <Button
          label={trans.__('Run again')}
          icon="play"
          busy={again.isPending}
          onClick={() => again.mutate(undefined)}
        />
      ) : (
        <Button
          label={trans.__('Cancel')}
          icon="stop"
          kind="warn"
          busy={cancel.isPending || run.state === 'TERMINATING'}
          onClick={() => cancel.mutate(undefined)}
        />
      )}
      <Button
        label={trans.__('Executed notebook')}
        icon="notebook"
        title={trans.__('Download the notebook as far as it has come')}
        busy={download.isPending}
        disabled={run.cells.length === 0}
        onClick={() => download.mutate(undefined)}
      />
      <Button
        label={trans.__('All runs')}
        icon="job"
        onClick={() => host.open(formatAddress('job', String(run.job_id)))}
      />
    </>
  );
}

function saveNotebook(notebook: unknown, name: string): void {
  const link = document.createElement('a');
  const text = JSON.stringify(notebook, null, 1);
  link.href = URL.createObjectURL(
    new Blob([text], { type: 'application/x-ipynb+json' })
  );
  link.download = name.replace(/[/\\:*?"<>|]/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export default JobRunPage;
