import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import type { IMetricDiff, IValueDiff } from '../api/types.compare';
import type { ICause, IReplayReport } from '../api/types.replay';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import type { IconName } from '../components/Icon';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { Elapsed, RelativeTime } from '../components/Time';
import { MetricChanges, ValueChanges } from '../diff/ValueTables';
import type { Sides } from '../diff/ValueTables';
import { changeWord } from '../diff/words';
import { formatDuration } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { replaysQuery } from './queries';
import { useWhile } from './useWhile';
import { errorText, replayState, verdictState } from './words';

/** Every repetition of a run: whether the same came out, and if not, why. */
export function ReplaysTab({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const query = useApi(replaysQuery(run.run_id));
  const { refetch } = query;
  const again = React.useCallback(() => void refetch(), [refetch]);
  useWhile(query.data?.some(isGoing) ?? false, again, 2000);
  return (
    <QueryView
      query={query}
      isEmpty={reports => reports.length === 0}
      empty={
        <EmptyState
          icon="replay"
          title={trans.__('Not replayed yet')}
          text={trans.__(
            'A replay runs the same code in a clean process, on the same versions of the data, and compares every number.'
          )}
        />
      }
    >
      {reports =>
        reports.map((report, i) => (
          <Report
            key={report.replay_run_id}
            report={report}
            isNewest={i === 0}
          />
        ))
      }
    </QueryView>
  );
}

function isGoing(report: IReplayReport): boolean {
  return report.state === 'QUEUED' || report.state === 'RUNNING';
}

function Report(props: {
  report: IReplayReport;
  isNewest: boolean;
}): JSX.Element {
  const { report, isNewest } = props;
  const host = useHost();
  const { trans } = host;
  const [open, setOpen] = React.useState(isNewest);
  const stop = useAction(api => api.runs.stop(report.replay_run_id));
  const state = replayState(report, trans);
  const body = React.useId();
  return (
    <section
      className={`jp-mlnb-Replay jp-mod-${state.tone}`}
      aria-label={trans.__('Replay: %1', state.label)}
    >
      <header className="jp-mlnb-Replay-head">
        <button
          type="button"
          className="jp-mlnb-NotebookRun-arrow"
          aria-expanded={open}
          aria-controls={body}
          aria-label={trans.__('What was compared')}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'caretDown' : 'caretRight'} />
        </button>
        <div className="jp-mlnb-Replay-verdict">
          <State {...state} />
          <span>{sentence(report, trans)}</span>
        </div>
        <span className="jp-mlnb-Muted">
          <RelativeTime time={report.created_at} /> ·{' '}
          {report.ended_at === undefined
            ? isGoing(report) && <Elapsed since={report.created_at} />
            : formatDuration(report.ended_at - report.created_at)}
        </span>
        {isGoing(report) && (
          <Button
            label={trans.__('Stop')}
            icon="stop"
            kind="warn"
            busy={stop.isPending}
            onClick={() => stop.mutate(undefined)}
          />
        )}
        <Button
          label={trans.__('Its run')}
          icon="run"
          kind="link"
          onClick={() =>
            host.open(
              formatAddress('run', report.replay_run_id, {
                query: isGoing(report) ? { tab: 'log' } : {}
              })
            )
          }
        />
        <Button
          label={trans.__('Diff')}
          icon="swap"
          kind="link"
          onClick={() =>
            host.open(
              formatAddress('diff', report.run_id, {
                part: report.replay_run_id
              })
            )
          }
        />
      </header>
      {open && (
        <div id={body} className="jp-mlnb-Replay-body">
          <Body report={report} />
        </div>
      )}
    </section>
  );
}

/** The verdict as a sentence. */
function sentence(report: IReplayReport, trans: ITrans): string {
  switch (report.verdict) {
    case 'IDENTICAL':
      return trans.__('Every number came out the same.');
    case 'WITHIN_TOLERANCE':
      return trans.__('Every number came out within the tolerance.');
    case 'DIFFERENT':
      return (
        report.causes[0]?.message ?? trans.__('Something came out differently.')
      );
    case 'FAILED':
      return (
        errorText(report.error) ||
        report.causes[0]?.message ||
        trans.__('The code did not run through.')
      );
    default:
      return isGoing(report)
        ? trans.__('The code runs in a process of its own.')
        : errorText(report.error);
  }
}

function Body({ report }: { report: IReplayReport }): JSX.Element {
  const trans = useTrans();
  return (
    <>
      <p className="jp-mlnb-Muted">{optionWords(report, trans).join(' · ')}</p>
      {report.warnings.map(warning => (
        <p key={warning} className="jp-mlnb-RunNote jp-mod-warn" role="note">
          <Icon name="alert" />
          {warning}
        </p>
      ))}
      {report.causes.length > 0 && <Causes causes={report.causes} />}
      {report.metrics.length > 0 && (
        <MetricChanges
          label={trans.__('Metrics compared')}
          rows={report.metrics}
          sides={sidesOf(trans)}
          exact
          more={{
            head: trans.__('Verdict'),
            cell: row => <MetricVerdict row={row} />
          }}
        />
      )}
      <ChangedValues title={trans.__('Parameters')} rows={report.params} />
      <ChangedValues title={trans.__('Models')} rows={report.models} />
    </>
  );
}

function sidesOf(trans: ITrans): Sides {
  return [trans.__('Recorded'), trans.__('Replayed')];
}

function optionWords(report: IReplayReport, trans: ITrans): string[] {
  return [
    report.mode === 'cells'
      ? trans.__('the cells it needs')
      : trans.__('the notebook up to its cell'),
    report.data === 'pinned'
      ? trans.__('data at the versions it read')
      : trans.__('newest data'),
    report.env === 'same'
      ? trans.__('packages installed here')
      : trans.__('packages it was made with'),
    trans.__('relative tolerance %1', String(report.rtol))
  ];
}

const CAUSE_ICONS: Record<ICause['kind'], IconName> = {
  code: 'code',
  data: 'table',
  environment: 'folderMove',
  seeds: 'contour',
  unexplained: 'search'
};

function causeName(kind: ICause['kind'], trans: ITrans): string {
  return {
    code: trans.__('Code'),
    data: trans.__('Data'),
    environment: trans.__('Environment'),
    seeds: trans.__('Seeds'),
    unexplained: trans.__('Unexplained')
  }[kind];
}

function Causes({ causes }: { causes: readonly ICause[] }): JSX.Element {
  const trans = useTrans();
  return (
    <ol
      className="jp-mlnb-Causes"
      aria-label={trans.__('Causes, the likeliest first')}
    >
      {causes.map((cause, i) => (
        <li key={i}>
          <Icon name={CAUSE_ICONS[cause.kind]} />
          <div>
            <b>{causeName(cause.kind, trans)}</b> {cause.message}
            {cause.details.length > 0 && (
              <ul>
                {cause.details.map(detail => (
                  <li key={detail}>{detail}</li>
                ))}
              </ul>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Whether a metric came out again. */
function MetricVerdict({ row }: { row: IMetricDiff }): JSX.Element {
  const trans = useTrans();
  switch (row.change) {
    case 'same':
      return (
        <State
          {...verdictState(
            row.difference === 0 || row.difference === undefined
              ? 'IDENTICAL'
              : 'WITHIN_TOLERANCE',
            trans
          )}
        />
      );
    case 'changed':
      return <State {...verdictState('DIFFERENT', trans)} />;
    default:
      return <State {...changeWord(row.change, trans)} />;
  }
}

/** Those that differ; what is the same is told as a number. */
function ChangedValues(props: {
  title: string;
  rows: readonly IValueDiff[];
}): JSX.Element | null {
  const { title, rows } = props;
  const trans = useTrans();
  const changed = rows.filter(row => row.change !== 'same');
  if (rows.length === 0) {
    return null;
  }
  return changed.length === 0 ? (
    <p className="jp-mlnb-Replay-same">
      <State
        tone="good"
        label={
          rows.length === 1
            ? trans.__('%1: the same', title)
            : trans.__('%1: all %2 the same', title, rows.length)
        }
      />
    </p>
  ) : (
    <ValueChanges
      label={title}
      name={title}
      rows={changed}
      sides={sidesOf(trans)}
    />
  );
}
