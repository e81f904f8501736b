import * as React from 'react';
import { formatAddress } from '../address';
import type { INotebookRun } from '../api/types.replay';
import { Button } from '../components/Button';
import { Pairs } from '../components/Facts';
import { Icon } from '../components/Icon';
import { STATE_ICONS, Tag } from '../components/State';
import { Elapsed, RelativeTime } from '../components/Time';
import { runState } from '../experiments/rows';
import { byGoals } from '../experiments/useGoals';
import { formatDuration } from '../format';
import { useHost, useTrans } from '../host';
import type { INotebookContext } from '../host';
import { standing } from './cells';
import { figureText, reproducibleState } from './words';

export interface INotebookRunRowProps {
  run: INotebookRun;
  /** What a difference is shown to. */
  before: INotebookRun | undefined;
  context: INotebookContext;
  goals: readonly string[];
}

/** One run of the notebook: its state and first metric, and behind the arrow all that it logged. */
export function NotebookRunRow(props: INotebookRunRowProps): JSX.Element {
  const { run, context, goals } = props;
  const host = useHost();
  const { trans } = host;
  const [open, setOpen] = React.useState(false);
  const body = React.useId();
  const state = runState(run.status, trans);
  const metrics = byGoals(Object.entries(run.metrics), goals, ([name]) => name);
  const isActive =
    run.cell_id !== undefined && run.cell_id === context.activeCell;
  return (
    <li
      className={`jp-mlnb-NotebookRun${isActive ? ' jp-mod-active' : ''}`}
      aria-current={isActive || undefined}
    >
      <div className="jp-mlnb-NotebookRun-head">
        <button
          type="button"
          className="jp-mlnb-NotebookRun-arrow"
          aria-expanded={open}
          aria-controls={body}
          aria-label={trans.__('Values of %1', run.name)}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'caretDown' : 'caretRight'} />
        </button>
        <button
          type="button"
          className="jp-mlnb-ListRow-main"
          onClick={() => host.open(formatAddress('run', run.run_id))}
        >
          <Icon
            name={STATE_ICONS[state.tone]}
            label={state.label}
            className={`jp-mlnb-Tone jp-mod-${state.tone}${state.tone === 'busy' ? ' jp-mod-spinning' : ''}`}
          />
          <span className="jp-mlnb-ListRow-texts">
            <span className="jp-mlnb-ListRow-line">
              <bdi className="jp-mlnb-ListRow-name">{run.name}</bdi>
            </span>
            <span className="jp-mlnb-ListRow-detail">
              <Times run={run} />
            </span>
          </span>
          {metrics.length > 0 && (
            <span className="jp-mlnb-ListRow-aside">
              <span className="jp-mlnb-Figure">
                <small>
                  <bdi>{metrics[0][0]}</bdi>
                </small>
                {figureText(metrics[0][1])}
              </span>
            </span>
          )}
        </button>
      </div>
      <Marks run={run} context={context} isActive={isActive} />
      {open && (
        <div id={body} className="jp-mlnb-NotebookRun-body">
          <Values {...props} metrics={metrics} />
        </div>
      )}
    </li>
  );
}

function Times({ run }: { run: INotebookRun }): JSX.Element {
  const { start_time: start, end_time: end } = run;
  if (start === undefined) {
    return <></>;
  }
  return (
    <>
      <RelativeTime time={start} /> ·{' '}
      {end === undefined ? (
        <Elapsed since={start} />
      ) : (
        formatDuration(end - start)
      )}
    </>
  );
}

/** What the reader of a notebook must know of a run: is this the code that made it? */
function Marks(props: {
  run: INotebookRun;
  context: INotebookContext;
  isActive: boolean;
}): JSX.Element | null {
  const { run, context, isActive } = props;
  const trans = useTrans();
  const now = standing(run, context);
  const order = reproducibleState(run.reproducible, trans);
  const marks = [
    isActive && (
      <Tag
        key="active"
        label={trans.__('this cell')}
        tone="accent"
        title={trans.__('Made by the active cell')}
      />
    ),
    now === 'changed' && run.replay_of === undefined && (
      <Tag
        key="changed"
        label={trans.__('code changed')}
        icon="edit"
        tone="warn"
        title={trans.__(
          'The cell reads differently now than when it made this run.'
        )}
      />
    ),
    now === 'deleted' && (
      <Tag
        key="deleted"
        label={trans.__('cell deleted')}
        icon="trash"
        tone="warn"
        title={trans.__(
          'The cell that made this run is no longer in the notebook.'
        )}
      />
    ),
    order && order.tone !== 'good' && (
      <Tag
        key="order"
        label={order.label.toLocaleLowerCase()}
        icon="alert"
        tone={order.tone}
        title={order.title}
      />
    ),
    run.replay_of !== undefined && (
      <Tag
        key="replay"
        label={trans.__('replay')}
        icon="replay"
        title={trans.__('Made again in a clean process')}
      />
    ),
    run.models > 0 && (
      <Tag
        key="models"
        label={trans._n('%1 model', '%1 models', run.models)}
        icon="model"
      />
    )
  ].filter(Boolean);
  return marks.length > 0 ? (
    <div className="jp-mlnb-NotebookRun-marks">{marks}</div>
  ) : null;
}

function Values(
  props: INotebookRunRowProps & { metrics: [string, string | number][] }
): JSX.Element {
  const { run, before, metrics } = props;
  const host = useHost();
  const { trans } = host;
  const params = Object.entries(run.params);
  return (
    <>
      {run.note && <p className="jp-mlnb-Muted">{run.note}</p>}
      {metrics.length + params.length > 0 ? (
        <Pairs
          label={trans.__('Metrics and parameters of %1', run.name)}
          numeric
          pairs={[
            ...metrics.map(
              ([name, value]) =>
                [name, <b key={name}>{figureText(value)}</b>] as const
            ),
            ...params.map(
              ([name, value]) => [name, <bdi key={name}>{value}</bdi>] as const
            )
          ]}
        />
      ) : (
        <p className="jp-mlnb-Muted">{trans.__('Nothing was logged.')}</p>
      )}
      <div className="jp-mlnb-NotebookRun-actions">
        <Button
          label={trans.__('As it was')}
          icon="history"
          kind="link"
          title={trans.__('The executed cells and the notebook as they were')}
          onClick={() =>
            host.open(
              formatAddress('run', run.run_id, { query: { tab: 'code' } })
            )
          }
        />
        {before && (
          <Button
            label={trans.__('What changed')}
            icon="swap"
            kind="link"
            title={trans.__('Compare with %1', before.name)}
            onClick={() =>
              host.open(
                formatAddress('diff', before.run_id, { part: run.run_id })
              )
            }
          />
        )}
      </div>
    </>
  );
}
