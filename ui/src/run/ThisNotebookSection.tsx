import * as React from 'react';
import { formatAddress } from '../address';
import type { INotebookRun, INotebookRuns } from '../api/types.replay';
import { Button } from '../components/Button';
import { useConnection } from '../components/ConnectionGate';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import { InsertButton } from '../components/InsertButton';
import { QueryView } from '../components/QueryView';
import { notebookName } from '../components/NotebookLink';
import { useGoals } from '../experiments/useGoals';
import { useApi } from '../hooks/useApi';
import { useNotebook } from '../hooks/useNotebook';
import { useHost, useTrans } from '../host';
import type { INotebookContext } from '../host';
import { showRunsOf, useCellFilter } from './cellFilter';
import { NotebookRunRow } from './NotebookRunRow';
import { notebookRunsQuery } from './queries';

const EXAMPLE = `%%mlrun
depth = 4
{"auc": 0.75}`;

/** The runs of the notebook in view, newest first; a run appears while its cell is still running. */
export function ThisNotebookSection(): JSX.Element {
  const trans = useTrans();
  const context = useNotebook();
  return context ? (
    <>
      <Elsewhere workspace={context.workspace} />
      <Runs key={context.path} context={context} />
    </>
  ) : (
    <EmptyState
      icon="notebook"
      title={trans.__('No notebook is open')}
      text={trans.__('Open one: the runs of its cells are listed here.')}
    />
  );
}

/** Said when the kernel records where this page does not look. */
function Elsewhere({ workspace }: { workspace?: string }): JSX.Element | null {
  const { connection, trans } = useHost();
  const state = useConnection(connection);
  if (
    workspace === undefined ||
    state.kind !== 'ready' ||
    state.status.workspace.path === workspace
  ) {
    return null;
  }
  const own = state.status.workspace.path;
  return (
    <div className="jp-mlnb-Banner" role="status">
      <Icon name="alert" />
      <span className="jp-mlnb-ThisNotebook-elsewhere">
        {trans.__(
          'The kernel of this notebook uses the workspace %1, and what is shown here is in %2. To have one for both, start the kernel with MLNB_WORKSPACE=%2.',
          workspace,
          own
        )}
      </span>
    </div>
  );
}

function Runs({ context }: { context: INotebookContext }): JSX.Element {
  const trans = useTrans();
  const query = useApi(notebookRunsQuery(context.path), { keep: true });
  return (
    <QueryView
      query={query}
      isEmpty={data => data.runs.length === 0}
      empty={
        <EmptyState
          icon="run"
          title={trans.__('No runs of %1 yet', notebookName(context.path))}
          text={trans.__(
            'Put %1 on the first line of a training cell: what it does is recorded, and appears here while it runs.',
            '%%mlrun'
          )}
        >
          <InsertButton label={trans.__('Insert it')} source={EXAMPLE} />
        </EmptyState>
      }
    >
      {data => <Listed data={data} context={context} />}
    </QueryView>
  );
}

function Listed(props: {
  data: INotebookRuns;
  context: INotebookContext;
}): JSX.Element {
  const { data, context } = props;
  const trans = useTrans();
  const goals = useGoals();
  const cell = useCellFilter();
  const runs = cell ? data.runs.filter(run => run.cell_id === cell) : data.runs;
  return (
    <>
      <Head data={data} context={context} />
      {cell && (
        <p className="jp-mlnb-ThisNotebook-filter" role="status">
          <span>
            {trans._n('%1 run of one cell', '%1 runs of one cell', runs.length)}
          </span>
          <Button
            label={trans.__('Show all')}
            kind="link"
            onClick={() => showRunsOf(null)}
          />
        </p>
      )}
      <ul
        className="jp-mlnb-List"
        aria-label={trans.__('Runs of this notebook')}
      >
        {runs.map((run, i) => (
          <NotebookRunRow
            key={run.run_id}
            run={run}
            before={previousOf(run, runs, i)}
            context={context}
            goals={goals.names}
          />
        ))}
      </ul>
    </>
  );
}

/** The run before it of the same cell: what a difference is most often wanted to. */
function previousOf(
  run: INotebookRun,
  runs: readonly INotebookRun[],
  at: number
): INotebookRun | undefined {
  const older = runs.slice(at + 1);
  return run.replay_of === undefined
    ? (older.find(one => one.cell_id === run.cell_id) ?? older[0])
    : older.find(one => one.run_id === run.replay_of);
}

function Head(props: {
  data: INotebookRuns;
  context: INotebookContext;
}): JSX.Element {
  const { data, context } = props;
  const host = useHost();
  const { trans } = host;
  const { experiment_id: experiment } = data;
  return (
    <div className="jp-mlnb-ThisNotebook-head">
      <bdi className="jp-mlnb-ThisNotebook-name" title={context.path}>
        {notebookName(context.path)}
      </bdi>
      {experiment !== undefined && (
        <Button
          label={trans.__('Open experiment')}
          icon="experiment"
          kind="link"
          onClick={() => host.open(formatAddress('experiment', experiment))}
        />
      )}
    </div>
  );
}

export default ThisNotebookSection;
