import * as React from 'react';
import { formatAddress } from '../address';
import type { IJob, IJobRunSummary } from '../api/types.monitors';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { InsertButton } from '../components/InsertButton';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { RelativeTime } from '../components/Time';
import { formatDuration } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useProgress } from '../hooks/useProgress';
import { useHost, useTrans } from '../host';
import { jobRunsQuery, jobsQuery } from './queries';
import { isOver, jobRunState } from './states';

const RECENT = 20;

/** Jobs, and below them their newest runs. */
export function JobsSection(): JSX.Element {
  const trans = useTrans();
  const query = useApi(jobsQuery());
  return (
    <QueryView
      query={query}
      isEmpty={data => data.length === 0}
      empty={
        <EmptyState
          icon="job"
          title={trans.__('No jobs yet')}
          text={trans.__(
            'A job runs a notebook in a fresh process, with parameters, and keeps the executed copy. Use “Export as Job” in a notebook’s toolbar.'
          )}
        >
          <InsertButton
            label={trans.__('Insert an example cell')}
            source="%jobs create report.ipynb --name nightly"
          />
        </EmptyState>
      }
    >
      {jobs => (
        <>
          <List label={trans.__('Jobs')}>
            {jobs.map(job => (
              <JobRow key={job.job_id} job={job} />
            ))}
          </List>
          <RecentRuns />
        </>
      )}
    </QueryView>
  );
}

function JobRow({ job }: { job: IJob }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const last = job.last_run;
  const run = useAction(
    api => api.jobs.runNow(job.job_id),
    ({ run_id }) => host.open(formatAddress('job-run', String(run_id)))
  );
  return (
    <ListRow
      icon="job"
      name={job.name}
      title={job.notebook}
      detail={
        last ? (
          <JobRunWords run={last} />
        ) : (
          <bdi>{job.notebook ?? trans.__('has not run yet')}</bdi>
        )
      }
      aside={last && <RelativeTime time={last.start_time ?? last.created_at} />}
      onOpen={() => host.open(formatAddress('job', String(job.job_id)))}
      actions={
        <Button
          label={trans.__('Run %1 now', job.name)}
          icon="play"
          iconOnly
          busy={run.isPending}
          onClick={() => run.mutate(undefined)}
        />
      }
    />
  );
}

/** State and cells of a run in a line. */
function JobRunWords({ run }: { run: IJobRunSummary }): JSX.Element {
  const trans = useTrans();
  const state = jobRunState(run, trans);
  const live = useProgress(`job_run:${run.run_id}`);
  const done = Math.max(live?.done ?? 0, run.cells_done);
  return (
    <>
      <span className={`jp-mlnb-Tone jp-mod-${state.tone}`}>{state.label}</span>
      {!isOver(run) &&
        ` · ${trans.__('%1 of %2 cells', done, run.cells_total)}`}
      {run.start_time !== undefined &&
        run.end_time !== undefined &&
        ` · ${formatDuration(run.end_time - run.start_time)}`}
    </>
  );
}

function RecentRuns(): JSX.Element {
  const trans = useTrans();
  const query = useApi(jobRunsQuery(RECENT), { keep: true });
  return (
    <>
      <h3 className="jp-mlnb-ListHead">{trans.__('Recent runs')}</h3>
      <QueryView
        query={query}
        isEmpty={data => data.length === 0}
        empty={
          <p className="jp-mlnb-ListNote">
            {trans.__('None yet: start one with the arrow beside a job.')}
          </p>
        }
      >
        {runs => (
          <List label={trans.__('Recent job runs')}>
            {runs.map(run => (
              <JobRunRow key={run.run_id} run={run} />
            ))}
          </List>
        )}
      </QueryView>
    </>
  );
}

export function JobRunRow({ run }: { run: IJobRunSummary }): JSX.Element {
  const host = useHost();
  const state = jobRunState(run, host.trans);
  return (
    <ListRow
      name={run.name}
      tone={state.tone}
      title={state.label}
      detail={<JobRunWords run={run} />}
      aside={<RelativeTime time={run.start_time ?? run.created_at} />}
      onOpen={() => host.open(formatAddress('job-run', String(run.run_id)))}
    />
  );
}

export default JobsSection;
