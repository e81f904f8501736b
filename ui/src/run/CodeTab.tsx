import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IRun } from '../api/types';
import type { IExecutedCell, IRunSourceCode } from '../api/types.replay';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { NotebookLink, notebookName } from '../components/NotebookLink';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { State, Tag } from '../components/State';
import { parseUnified } from '../diff/lines';
import { diffLines } from '../diff/diffLines';
import { TextDiff } from '../diff/TextDiff';
import { formatDuration } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useInsert } from '../hooks/useInsert';
import { useNotebook } from '../hooks/useNotebook';
import { useHost, useTrans } from '../host';
import { withoutMagic } from './cells';
import { NotebookView } from './NotebookView';
import { notebookQuery, sourceQuery } from './queries';
import { Source } from './Source';
import { reproducibleState } from './words';

type Part = 'closure' | 'executed' | 'notebook' | 'git';

/** The code as it was: what ran, in which order, and what the notebook said then. Nothing here can be edited. */
export function CodeTab({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const query = useApi(sourceQuery(run.run_id));
  const isUnknown =
    query.data === undefined &&
    query.error instanceof ApiError &&
    query.error.isNotFound;
  if (isUnknown && run.source.code !== undefined) {
    // Runs of before, and those made elsewhere, have their cell and nothing more.
    return (
      <Source
        label={trans.__('The cell that made this run')}
        source={run.source.code}
      />
    );
  }
  return (
    <QueryView query={query}>
      {source => <Loaded run={run} source={source} />}
    </QueryView>
  );
}

function Loaded(props: { run: IRun; source: IRunSourceCode }): JSX.Element {
  const { run, source } = props;
  const trans = useTrans();
  const [part, setPart] = React.useState<Part>('closure');
  const needed = source.cells.filter(cell => cell.in_closure || cell.is_run);
  const hasMore = source.cells.length > needed.length;
  const parts: [Part, string, boolean][] = [
    ['closure', trans.__('What it needs'), true],
    ['executed', trans.__('All that ran'), hasMore],
    ['notebook', trans.__('The notebook then'), source.has_notebook],
    ['git', trans.__('Uncommitted changes'), source.git_diff !== '']
  ];
  return (
    <>
      <Standing source={source} />
      <ReadsNow run={run} source={source} />
      <div className="jp-mlnb-Bar jp-mlnb-CodeBar">
        <div
          className="jp-mlnb-Choice"
          role="group"
          aria-label={trans.__('What is shown')}
        >
          {parts
            .filter(([, , there]) => there)
            .map(([id, label]) => (
              <Button
                key={id}
                label={label}
                pressed={part === id}
                onClick={() => setPart(id)}
              />
            ))}
        </div>
        <span className="jp-mlnb-Bar-space" />
        <Actions run={run} source={source} needed={needed} />
      </div>
      {part === 'notebook' ? (
        <NotebookThen run={run} />
      ) : part === 'git' ? (
        <TextDiff
          label={trans.__('Changes that were not committed')}
          lines={parseUnified(source.git_diff)}
          view="unified"
        />
      ) : (
        <Cells
          cells={part === 'closure' ? needed : source.cells}
          whole={part === 'closure' ? source.cell : undefined}
        />
      )}
    </>
  );
}

/** Whether the notebook, run from top to bottom, would make the run again; and if not, which cells are to blame. */
function Standing({ source }: { source: IRunSourceCode }): JSX.Element {
  const trans = useTrans();
  const state = reproducibleState(source.reproducible, trans) ?? {
    tone: 'idle' as const,
    label: trans.__('Not known whether the notebook makes it again'),
    title: undefined
  };
  return (
    <div className={`jp-mlnb-Standing jp-mod-${state.tone}`}>
      <div className="jp-mlnb-Standing-head">
        <State tone={state.tone} label={state.label} />
        {state.title && <span>{state.title}</span>}
      </div>
      {source.reasons.length > 0 && (
        <ul aria-label={trans.__('Why')}>
          {source.reasons.map(reason => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {source.notebook_path && (
        <div className="jp-mlnb-Muted">
          {source.notebook_deleted ? (
            trans.__(
              'The notebook %1 was deleted; its copy is kept with the run.',
              notebookName(source.notebook_path)
            )
          ) : (
            <>
              {trans.__('Made in')} <NotebookLink path={source.notebook_path} />
            </>
          )}
          {source.stale &&
            ' ' +
              trans.__(
                'The copy kept with the run does not hold its cell: it had not been saved.'
              )}
        </div>
      )}
    </div>
  );
}

/** The run's cell as the notebook in view has it now, where that differs. */
function ReadsNow(props: {
  run: IRun;
  source: IRunSourceCode;
}): JSX.Element | null {
  const { run, source } = props;
  const trans = useTrans();
  const context = useNotebook();
  const cell = context?.cells.find(one => one.id === run.source.cell_id);
  const then =
    source.cells.find(one => one.is_run)?.source ?? source.cell ?? '';
  const now = cell && bodyOf(cell.source);
  const lines = React.useMemo(
    () =>
      now === undefined || now === bodyOf(then)
        ? null
        : diffLines(bodyOf(then), now),
    [then, now]
  );
  return lines ? (
    <section
      className="jp-mlnb-CellDiff jp-mlnb-ReadsNow"
      aria-label={trans.__('The cell now')}
    >
      <p className="jp-mlnb-CellDiff-head">
        <State tone="warn" icon="edit" label={trans.__('Changed since')} />
        {trans.__('The cell reads differently in the notebook now:')}
      </p>
      <TextDiff
        lines={lines}
        view="unified"
        label={trans.__('From then to now')}
      />
    </section>
  ) : null;
}

/** What is executed of a cell: neither its magic nor the end of its last line counts. */
function bodyOf(source: string): string {
  return withoutMagic(source).replace(/\n+$/, '');
}

function Actions(props: {
  run: IRun;
  source: IRunSourceCode;
  needed: readonly IExecutedCell[];
}): JSX.Element {
  const { run, source, needed } = props;
  const host = useHost();
  const { trans } = host;
  const insert = useInsert();
  const save = useAction(
    async api =>
      host.saveNotebook?.(
        await api.runs.notebook(run.run_id),
        copyName(source)
      ),
    path => {
      if (path !== undefined) {
        host.notify({
          kind: 'success',
          message: trans.__('Saved as %1.', path)
        });
      }
    }
  );
  const cells = needed.length > 0 ? needed.map(cell => cell.source) : [];
  const sources = cells.length > 0 ? cells : source.cell ? [source.cell] : [];
  return (
    <>
      {insert && sources.length > 0 && (
        <Button
          label={trans._n('Insert %1 cell', 'Insert %1 cells', sources.length)}
          icon="insert"
          title={trans.__('Below the active cell of the notebook in view')}
          onClick={() =>
            insert(
              ...sources.map(text => ({
                cell_type: 'code' as const,
                source: text
              }))
            )
          }
        />
      )}
      {source.has_notebook && host.saveNotebook && (
        <Button
          label={trans.__('Save a copy')}
          icon="notebook"
          title={trans.__('The notebook as it was, beside the one of now')}
          busy={save.isPending}
          onClick={() => save.mutate(undefined)}
        />
      )}
    </>
  );
}

/** `reports/train f3ad0c9d.ipynb`: beside the notebook, named after the run. */
function copyName(source: IRunSourceCode): string {
  const path = source.notebook_path ?? 'notebook.ipynb';
  return path.replace(/(\.ipynb)?$/i, ` ${source.run_id.slice(0, 8)}.ipynb`);
}

function Cells(props: {
  cells: readonly IExecutedCell[];
  /** The run's own cell, for runs of which nothing else is known. */
  whole?: string;
}): JSX.Element {
  const { cells, whole } = props;
  const trans = useTrans();
  if (cells.length === 0) {
    return whole === undefined ? (
      <p className="jp-mlnb-Muted">{trans.__('No code was recorded.')}</p>
    ) : (
      <Source label={trans.__('The cell that made this run')} source={whole} />
    );
  }
  return (
    <ol className="jp-mlnb-Executed" aria-label={trans.__('Executed cells')}>
      {cells.map(cell => (
        <Executed key={cell.position} cell={cell} />
      ))}
    </ol>
  );
}

function Executed({ cell }: { cell: IExecutedCell }): JSX.Element {
  const trans = useTrans();
  const insert = useInsert();
  const count = cell.execution_count ?? cell.position + 1;
  return (
    <li
      className={`jp-mlnb-Executed-cell${cell.is_run ? ' jp-mod-run' : ''}${cell.in_closure || cell.is_run ? '' : ' jp-mod-aside'}`}
    >
      <div className="jp-mlnb-Executed-head">
        <span
          className="jp-mlnb-Executed-count"
          title={trans.__('The number under which the kernel executed it')}
        >
          [{count}]
        </span>
        {cell.is_run && (
          <Tag label={trans.__('the run’s cell')} icon="run" tone="accent" />
        )}
        {!cell.success && (
          <Tag label={trans.__('failed')} icon="error" tone="bad" />
        )}
        {cell.standing === 'edited' && (
          <Tag
            label={trans.__('edited since')}
            icon="edit"
            tone="warn"
            title={trans.__(
              'It read differently in the notebook that was saved with the run.'
            )}
          />
        )}
        {cell.standing === 'deleted' && (
          <Tag
            label={trans.__('not in the notebook')}
            icon="trash"
            tone="warn"
          />
        )}
        <Names cell={cell} />
        {cell.duration_ms !== undefined && (
          <span className="jp-mlnb-Muted">
            {formatDuration(cell.duration_ms)}
          </span>
        )}
      </div>
      <Source
        label={trans.__('Source of cell %1', count)}
        source={cell.source}
        actions={
          insert && (
            <Button
              label={trans.__('Insert')}
              icon="insert"
              iconOnly
              onClick={() => insert({ cell_type: 'code', source: cell.source })}
            />
          )
        }
      />
    </li>
  );
}

const NAMED = 6;

/** What a cell made and what it needed: the reason it is there. */
function Names({ cell }: { cell: IExecutedCell }): JSX.Element {
  const trans = useTrans();
  const list = (names: readonly string[]): string =>
    names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ', …' : '');
  const parts = [
    cell.stored.length > 0 && trans.__('sets %1', list(cell.stored)),
    cell.changed.length > 0 && trans.__('changes %1', list(cell.changed)),
    cell.loaded.length > 0 && trans.__('needs %1', list(cell.loaded))
  ].filter(Boolean);
  return (
    <span
      className="jp-mlnb-Executed-names"
      title={[...cell.stored, ...cell.changed, ...cell.loaded].join(', ')}
    >
      {parts.join(' · ')}
    </span>
  );
}

function NotebookThen({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const query = useApi(notebookQuery(run.run_id));
  return (
    <Section title={trans.__('As it was saved')}>
      <p className="jp-mlnb-RunNote">
        <Icon name="lock" />
        {trans.__(
          'Read-only, without outputs: this is what stood in the notebook when the run began.'
        )}
      </p>
      <QueryView query={query}>
        {notebook => (
          <NotebookView notebook={notebook} mark={run.source.cell_id} />
        )}
      </QueryView>
    </Section>
  );
}
