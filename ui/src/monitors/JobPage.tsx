import * as React from 'react';
import { formatAddress } from '../address';
import type { IJob, IJobRunSummary } from '../api/types.monitors';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Facts } from '../components/Facts';
import { Page, Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { formatDuration } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { jobRunsQuery, jobsQuery } from './queries';
import { jobRunState } from './states';

const RUNS = 100;

/** One job and its runs. */
export function JobPage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(jobsQuery());
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={6} />}>
      {jobs => {
        const job = jobs.find(one => String(one.job_id) === props.name);
        return job ? (
          <LoadedJob {...props} job={job} />
        ) : (
          <EmptyState
            icon="job"
            title={trans.__('There is no job %1', props.name)}
            text={trans.__('It was deleted.')}
          />
        );
      }}
    </QueryView>
  );
}

function LoadedJob(props: IDocumentProps & { job: IJob }): JSX.Element {
  const { job, onTitle } = props;
  const host = useHost();
  const { trans } = host;
  React.useEffect(() => onTitle(job.name), [onTitle, job.name]);
  const runs = useApi(jobRunsQuery(RUNS, String(job.job_id)), { keep: true });
  const run = useAction(
    api => api.jobs.runNow(job.job_id),
    ({ run_id }) => host.open(formatAddress('job-run', String(run_id)))
  );
  return (
    <Page
      icon="job"
      place={trans.__('Job')}
      title={job.name}
      facts={
        <Facts
          facts={[
            {
              label: trans.__('Notebook'),
              value: <bdi>{job.notebook ?? '–'}</bdi>
            },
            {
              label: trans.__('Created'),
              value: <RelativeTime time={job.created_at} />
            },
            {
              label: trans.__('Id'),
              value: <span className="jp-mlnb-Mono">{job.job_id}</span>
            }
          ]}
        />
      }
      actions={
        <Button
          label={trans.__('Run now')}
          icon="play"
          kind="accept"
          busy={run.isPending}
          onClick={() => run.mutate(undefined)}
        />
      }
    >
      <div className="jp-mlnb-Scroll">
        <Section title={trans.__('Runs')}>
          <QueryView
            query={runs}
            isEmpty={data => data.length === 0}
            empty={
              <EmptyState
                icon="run"
                title={trans.__('It has not run yet')}
                text={trans.__(
                  'Each run is kept with its parameters and the executed notebook.'
                )}
              />
            }
          >
            {data => <RunsTable runs={data} />}
          </QueryView>
        </Section>
      </div>
    </Page>
  );
}

function RunsTable({ runs }: { runs: readonly IJobRunSummary[] }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  return (
    <table className="jp-mlnb-Table" aria-label={trans.__('Runs of this job')}>
      <thead>
        <tr>
          <th scope="col">{trans.__('State')}</th>
          <th scope="col">{trans.__('Run')}</th>
          <th scope="col">{trans.__('Started')}</th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Duration')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Cells')}
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map(run => (
          <tr key={run.run_id}>
            <td>
              <State {...jobRunState(run, trans)} />
            </td>
            <td>
              <Button
                label={String(run.run_id)}
                kind="link"
                onClick={() =>
                  host.open(formatAddress('job-run', String(run.run_id)))
                }
              />
            </td>
            <td>
              <RelativeTime time={run.start_time ?? run.created_at} />
            </td>
            <td className="jp-mod-numeric">
              {run.start_time !== undefined &&
                run.end_time !== undefined &&
                formatDuration(run.end_time - run.start_time)}
            </td>
            <td className="jp-mod-numeric">
              {trans.__('%1 of %2', run.cells_done, run.cells_total)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export default JobPage;
