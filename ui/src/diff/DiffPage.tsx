import * as React from 'react';
import { formatAddress } from '../address';
import { ApiError } from '../api/errors';
import type { IQuery } from '../api/queries';
import type { DiffArea, IRunDiff, IRunHead } from '../api/types.compare';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { runState } from '../experiments/rows';
import { formatDuration } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { DiffSections } from './DiffSections';

export function diffQuery(a: string, b: string): IQuery<IRunDiff> {
  return {
    key: ['runs', 'diff', a, b],
    subjects: [`run:${a}`, `run:${b}`],
    fetch: (api, signal) => api.runs.diff(a, b, signal)
  };
}

/** Everything that differs between two runs, on one page: the code, what it read, where it ran, what came out. */
export function DiffPage(props: IDocumentProps): JSX.Element {
  const { name: a, part: b } = props;
  const trans = useTrans();
  return b === undefined ? (
    <EmptyState icon="swap" title={trans.__('A difference needs two runs')} />
  ) : (
    <Pair {...props} a={a} b={b} />
  );
}

function Pair(props: IDocumentProps & { a: string; b: string }): JSX.Element {
  const { a, b } = props;
  const trans = useTrans();
  const query = useApi(diffQuery(a, b));
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="swap"
        title={trans.__('One of the two runs is not there')}
        text={[query.error.message, query.error.hint].filter(Boolean).join(' ')}
      />
    );
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={8} />}>
      {diff => <Loaded {...props} diff={diff} />}
    </QueryView>
  );
}

function Loaded(props: IDocumentProps & { diff: IRunDiff }): JSX.Element {
  const { diff, query, onQuery, onTitle } = props;
  const host = useHost();
  const { trans } = host;
  const title = trans.__('%1 → %2', diff.a.name, diff.b.name);
  React.useEffect(() => onTitle(title), [onTitle, title]);
  const all = query.all === 'yes';
  const view = query.view === 'unified' ? 'unified' : 'split';
  return (
    <Page
      icon="swap"
      place={trans.__('What changed between two runs')}
      title={title}
      actions={
        <>
          <Button
            label={trans.__('Only differences')}
            icon="filter"
            pressed={!all}
            onClick={() => onQuery({ all: all ? undefined : 'yes' })}
          />
          <Button
            label={trans.__('Side by side')}
            icon="columns"
            pressed={view === 'split'}
            onClick={() =>
              onQuery({ view: view === 'split' ? 'unified' : undefined })
            }
          />
          <Button
            label={trans.__('Swap')}
            icon="swap"
            title={trans.__('Show it the other way round')}
            onClick={() =>
              host.open(
                formatAddress('diff', diff.b.run_id, { part: diff.a.run_id })
              )
            }
          />
        </>
      }
    >
      <div className="jp-mlnb-Scroll">
        <div className="jp-mlnb-DiffHeads">
          <Head run={diff.a} side={trans.__('Before')} />
          <Icon name="caretRight" className="jp-mlnb-DiffHeads-arrow" />
          <Head run={diff.b} side={trans.__('After')} />
        </div>
        <Summary diff={diff} />
        {diff.notes.map(note => (
          <p key={note} className="jp-mlnb-RunNote" role="note">
            <Icon name="info" />
            {note}
          </p>
        ))}
        <DiffSections diff={diff} all={all} view={view} />
      </div>
    </Page>
  );
}

function Head(props: { run: IRunHead; side: string }): JSX.Element {
  const { run, side } = props;
  const host = useHost();
  const { trans } = host;
  return (
    <section className="jp-mlnb-DiffHead" aria-label={side}>
      <div className="jp-mlnb-Muted">{side}</div>
      <div className="jp-mlnb-DiffHead-name">
        <Button
          label={run.name}
          icon="run"
          kind="link"
          onClick={() => host.open(formatAddress('run', run.run_id))}
        />
        <State {...runState(run.status, trans)} />
      </div>
      <div className="jp-mlnb-Muted">
        {run.start_time !== undefined && <RelativeTime time={run.start_time} />}
        {run.duration_ms !== undefined && (
          <> · {formatDuration(run.duration_ms)}</>
        )}
        {run.user && (
          <>
            {' '}
            · <bdi>{run.user}</bdi>
          </>
        )}
      </div>
      <div className="jp-mlnb-Muted">
        <bdi>{run.experiment_name}</bdi>
      </div>
    </section>
  );
}

export function areaNames(trans: ITrans): Record<DiffArea, string> {
  return {
    cells: trans.__('Code'),
    data: trans.__('Data'),
    environment: trans.__('Environment'),
    git: trans.__('Git'),
    params: trans.__('Parameters'),
    metrics: trans.__('Metrics'),
    tags: trans.__('Tags'),
    artifacts: trans.__('Files')
  };
}

/** How many things differ in each area. */
export function differences(diff: IRunDiff): Record<DiffArea, number> {
  const count = (items: readonly { change: string }[]): number =>
    items.filter(item => item.change !== 'same').length;
  const [a, b] = [diff.git_a, diff.git_b];
  const isSame = diff.same.includes('git');
  return {
    cells: count(diff.cells),
    data: count(diff.data),
    environment: count(diff.environment),
    git: isSame || (a.commit === b.commit && a.dirty === b.dirty) ? 0 : 1,
    params: count(diff.params),
    metrics: count(diff.metrics),
    tags: count(diff.tags),
    artifacts: count(diff.artifacts)
  };
}

/** The whole difference in a line: where to look, and where not to. */
function Summary({ diff }: { diff: IRunDiff }): JSX.Element {
  const trans = useTrans();
  const counts = differences(diff);
  const names = areaNames(trans);
  const areas = Object.keys(names) as DiffArea[];
  const total = areas.reduce((sum, area) => sum + counts[area], 0);
  return (
    <div className="jp-mlnb-DiffSummary">
      {total === 0 ? (
        <State tone="good" label={trans.__('Nothing differs')} />
      ) : (
        <ul aria-label={trans.__('What differs')}>
          {areas.map(area => (
            <li
              key={area}
              className={counts[area] ? 'jp-mod-different' : 'jp-mod-same'}
            >
              {counts[area] ? (
                <>
                  <b>{counts[area]}</b> {names[area]}
                </>
              ) : (
                <>
                  <Icon name="check" label={trans.__('the same')} />
                  {names[area]}
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export default DiffPage;
