import { useQueryClient } from '@tanstack/react-query';
import * as React from 'react';
import { formatAddress } from '../address';
import type { IIngestReport, IIngestRun } from '../api/types.ingest';
import { loadingCell } from '../catalog/loading';
import { Button } from '../components/Button';
import { Facts } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { formatDuration, formatInteger } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useInsert } from '../hooks/useInsert';
import { useProgress } from '../hooks/useProgress';
import { useHost, useTrans } from '../host';
import { ProgressBar } from '../monitors/ProgressBar';
import { fileName } from './PlanView';
import { runQuery } from './queries';

/** How often a running load is looked at, where its progress is not told by itself. */
const LOOK_MS = 1000;

/** A load while it runs, and what came of it. */
export function RunView(props: {
  id: string;
  onAgain: () => void;
  onOther: () => void;
}): JSX.Element {
  const query = useApi(runQuery(props.id));
  const cache = useQueryClient();
  const isRunning = query.data?.state === 'RUNNING';
  React.useEffect(() => {
    if (!isRunning) {
      return;
    }
    const timer = setInterval(() => {
      if (!document.hidden) {
        void cache.invalidateQueries({ queryKey: ['ingest', props.id] });
      }
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [isRunning, cache, props.id]);
  return (
    <QueryView query={query}>
      {run => (
        <RunPage run={run} onAgain={props.onAgain} onOther={props.onOther} />
      )}
    </QueryView>
  );
}

function RunPage(props: {
  run: IIngestRun;
  onAgain: () => void;
  onOther: () => void;
}): JSX.Element {
  const trans = useTrans();
  const { run } = props;
  return (
    <Page
      icon="upload"
      title={run.source.map(fileName).join(', ')}
      place={trans.__('Import')}
      marks={<RunState run={run} />}
    >
      <div className="jp-mlnb-Scroll">
        {run.state === 'RUNNING' && <Running run={run} />}
        {run.state === 'SUCCEEDED' && run.report && (
          <Done run={run} report={run.report} onOther={props.onOther} />
        )}
        {run.state === 'FAILED' && <Failed {...props} />}
        {run.state === 'CANCELED' && (
          <Outcome
            icon="stop"
            title={trans.__('Canceled')}
            text={trans.__('Nothing was written to %1.', run.table)}
          >
            <Button
              label={trans.__('Back to the preview')}
              onClick={props.onAgain}
            />
          </Outcome>
        )}
      </div>
    </Page>
  );
}

function RunState({ run }: { run: IIngestRun }): JSX.Element {
  const trans = useTrans();
  switch (run.state) {
    case 'RUNNING':
      return <State tone="busy" label={trans.__('Importing')} />;
    case 'SUCCEEDED':
      return <State tone="good" label={trans.__('Imported')} />;
    case 'CANCELED':
      return <State tone="idle" label={trans.__('Canceled')} />;
    default:
      return <State tone="bad" label={trans.__('Failed')} />;
  }
}

function Running({ run }: { run: IIngestRun }): JSX.Element {
  const trans = useTrans();
  const told = useProgress(`ingest:${run.id}`);
  const { done, total, message } = told ?? run.progress;
  const cancel = useAction(api => api.ingest.cancel(run.id));
  return (
    <div className="jp-mlnb-Import-running">
      <ProgressBar
        label={trans.__('Import into %1', run.table)}
        done={done}
        total={total}
        message={message}
      />
      <p className="jp-mlnb-Muted">
        {trans.__(
          'It goes on when this page is closed; a notice tells of its end.'
        )}
      </p>
      <Button
        label={trans.__('Cancel')}
        icon="stop"
        busy={cancel.isPending}
        onClick={() => cancel.mutate(undefined)}
      />
    </div>
  );
}

function Done(props: {
  run: IIngestRun;
  report: IIngestReport;
  onOther: () => void;
}): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const insert = useInsert();
  const { run, report } = props;
  const { rejected, rejects_table } = report;
  const skipped = report.skipped_files.length;
  return (
    <Outcome
      icon="check"
      title={trans._n(
        '%2 row is in %3',
        '%2 rows are in %3',
        report.rows,
        formatInteger(report.rows),
        report.table
      )}
      text={
        skipped > 0
          ? trans._n(
              '%2 file was loaded before and left out.',
              '%2 files were loaded before and left out.',
              skipped,
              formatInteger(skipped)
            )
          : undefined
      }
      facts={
        <Facts
          facts={[
            { label: trans.__('Version'), value: String(report.version) },
            {
              label: trans.__('Rejected'),
              value: formatInteger(rejected)
            },
            ...(run.ended_at
              ? [
                  {
                    label: trans.__('Time'),
                    value: formatDuration(run.ended_at - run.started_at)
                  }
                ]
              : [])
          ]}
        />
      }
    >
      <Button
        label={trans.__('Open the table')}
        icon="table"
        kind="accept"
        onClick={() => host.open(formatAddress('table', report.table))}
      />
      {rejected > 0 && rejects_table && (
        <Button
          label={trans._n(
            'Look at the rejected line',
            'Look at the %2 rejected lines',
            rejected,
            formatInteger(rejected)
          )}
          icon="alert"
          onClick={() =>
            host.open(
              formatAddress('table', rejects_table, {
                query: report.ingest_id
                  ? { where: `ingest_id = '${report.ingest_id}'` }
                  : {}
              })
            )
          }
        />
      )}
      {insert && (
        <Button
          label={trans.__('Insert cell')}
          icon="insert"
          onClick={() => insert(loadingCell(report.table))}
        />
      )}
      <Button
        label={trans.__('Import other files')}
        icon="file"
        onClick={props.onOther}
      />
    </Outcome>
  );
}

function Failed(props: { run: IIngestRun; onAgain: () => void }): JSX.Element {
  const trans = useTrans();
  const { error, table } = props.run;
  return (
    <Outcome
      icon="error"
      title={error?.message ?? trans.__('The import failed.')}
      text={
        <>
          {error?.hint} {trans.__('Nothing was written to %1.', table)}
        </>
      }
    >
      <Button
        label={trans.__('Back to the preview')}
        kind="accept"
        onClick={props.onAgain}
      />
    </Outcome>
  );
}

function Outcome(props: {
  icon: 'check' | 'error' | 'stop';
  title: string;
  text?: React.ReactNode;
  facts?: React.ReactNode;
  children: React.ReactNode;
}): JSX.Element {
  const tone = { check: 'good', error: 'bad', stop: 'idle' }[props.icon];
  return (
    <div className="jp-mlnb-Import-outcome" role="status">
      <Icon name={props.icon} className={`jp-mlnb-Tone jp-mod-${tone}`} />
      <div>
        <h2>
          <bdi>{props.title}</bdi>
        </h2>
        {props.text && <p className="jp-mlnb-Muted">{props.text}</p>}
        {props.facts}
        <div className="jp-mlnb-Import-actions">{props.children}</div>
      </div>
    </div>
  );
}
