import * as React from 'react';
import { formatAddress } from '../address';
import type { ICommit, ITable } from '../api/types';
import { Button } from '../components/Button';
import { NotebookLink } from '../components/NotebookLink';
import { EmptyState } from '../components/EmptyState';
import { QueryView } from '../components/QueryView';
import { SearchBox } from '../components/SearchBox';
import { Select } from '../components/Select';
import { Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import { formatInteger } from '../format';
import { useHost, useTrans } from '../host';
import { changeText, matches, operationText } from './commits';
import { CompareView } from './CompareView';
import { useHistory } from './useHistory';
import type { IHistory } from './useHistory';

export interface IHistoryTabProps {
  table: ITable;
  /** The version in view; undefined for the newest. */
  version: number | undefined;
  /** Two versions side by side, `3..5`. */
  compare: string | undefined;
  /** The comparison leads to restoring its second version. */
  restoring: boolean;
  onPick: (version: number) => void;
  onQuery: (change: Record<string, string | undefined>) => void;
}

/** The versions of `3..5`, null for anything else. */
export function parsePair(text: string | undefined): [number, number] | null {
  const match = /^(\d+)\.\.(\d+)$/.exec(text ?? '');
  return match ? [Number(match[1]), Number(match[2])] : null;
}

/** Every version of a table, newest first: one can be looked at, two compared, an earlier one restored. */
export function HistoryTab(props: IHistoryTabProps): JSX.Element {
  const { table } = props;
  const trans = useTrans();
  const history = useHistory(table.full_name);
  const pair = parsePair(props.compare);
  return (
    <QueryView
      query={history.query}
      isEmpty={commits => commits.length === 0}
      empty={
        <EmptyState icon="history" title={trans.__('No history is kept')} />
      }
    >
      {() =>
        pair ? (
          <CompareView
            key={table.full_name}
            table={table}
            commits={history.commits}
            before={pair[0]}
            after={pair[1]}
            restoring={props.restoring}
            onQuery={props.onQuery}
          />
        ) : (
          <Versions {...props} history={history} />
        )
      }
    </QueryView>
  );
}

const ALL = '';

function Versions(
  props: IHistoryTabProps & { history: IHistory }
): JSX.Element {
  const { history, table, onQuery } = props;
  const { commits } = history;
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const [operation, setOperation] = React.useState(ALL);
  const [marked, setMarked] = React.useState<readonly number[]>([]);
  const needle = text.trim().toLowerCase();
  const operations = [
    ...new Set(commits.map(one => operationText(one, trans)))
  ];
  const shown = commits.filter(
    one =>
      (!needle || matches(one, needle)) &&
      (operation === ALL || operationText(one, trans) === operation)
  );
  const mark = (version: number): void =>
    setMarked(
      marked.includes(version)
        ? marked.filter(one => one !== version)
        : // Two at most: a third takes the place of the first.
          [...marked, version].slice(-2)
    );
  const newest = commits[0].version;
  const compare = (before: number, after: number): void =>
    onQuery({ compare: `${before}..${after}`, restore: undefined });
  const [low, high] =
    marked.length === 2
      ? [...marked].sort((a, b) => a - b)
      : [marked[0] ?? 0, newest];
  return (
    <>
      <div className="jp-mlnb-Bar">
        <SearchBox
          label={trans.__('Filter by operation, person, notebook or run')}
          icon="filter"
          value={text}
          onChange={setText}
        />
        {operations.length > 1 && (
          <Select
            label={trans.__('Operation')}
            value={operation}
            options={[
              { value: ALL, label: trans.__('all') },
              ...operations.map(value => ({ value, label: value }))
            ]}
            onChange={setOperation}
          />
        )}
        <Button
          label={
            marked.length === 0
              ? trans.__('Compare versions')
              : trans.__('Compare %1 with %2', low, high)
          }
          icon="columns"
          disabled={marked.length === 0 || low === high}
          title={
            marked.length === 0
              ? trans.__('Mark one or two versions first')
              : undefined
          }
          onClick={() => compare(low, high)}
        />
      </div>
      <div className="jp-mlnb-Scroll">
        <table
          className="jp-mlnb-Table jp-mlnb-HistoryTab"
          aria-label={trans.__('Versions of %1', table.full_name)}
        >
          <thead>
            <tr>
              <th scope="col">
                <span className="jp-mlnb-Hidden">{trans.__('Compare')}</span>
              </th>
              <th scope="col" className="jp-mod-numeric">
                {trans.__('Version')}
              </th>
              <th scope="col">{trans.__('When')}</th>
              <th scope="col">{trans.__('Operation')}</th>
              <th scope="col">{trans.__('Change')}</th>
              <th scope="col">{trans.__('By')}</th>
              <th scope="col">{trans.__('From')}</th>
              <th scope="col">
                <span className="jp-mlnb-Hidden">{trans.__('Actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(commit => (
              <CommitRow
                key={commit.version}
                {...props}
                commit={commit}
                newest={newest}
                marked={marked.includes(commit.version)}
                onMark={() => mark(commit.version)}
                onCompare={compare}
              />
            ))}
          </tbody>
        </table>
        {shown.length === 0 && (
          <EmptyState
            icon="filter"
            title={trans.__('No version fits the filter')}
            text={
              history.older &&
              trans.__(
                'Of the %1 newest versions; older ones are not searched until they are shown.',
                formatInteger(commits.length)
              )
            }
          />
        )}
        {history.older && (
          <p className="jp-mlnb-HistoryTab-older">
            <Button
              label={trans.__('Show older versions')}
              icon="history"
              busy={history.isFetching}
              onClick={history.older}
            />
          </p>
        )}
      </div>
    </>
  );
}

interface ICommitRowProps extends IHistoryTabProps {
  commit: ICommit;
  newest: number;
  marked: boolean;
  onMark: () => void;
  onCompare: (before: number, after: number) => void;
}

function CommitRow(props: ICommitRowProps): JSX.Element {
  const { commit, table, newest, onPick, onQuery } = props;
  const trans = useTrans();
  const { version } = commit;
  const shown = version === (props.version ?? table.version);
  return (
    <tr aria-current={shown || undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={trans.__('Mark version %1 for comparing', version)}
          checked={props.marked}
          onChange={props.onMark}
        />
      </td>
      <td className="jp-mod-numeric">{version}</td>
      <td>
        <RelativeTime time={commit.timestamp} />
      </td>
      <td>
        {operationText(commit, trans)}
        {shown && (
          <>
            {' '}
            <Tag label={trans.__('in view')} tone="accent" />
          </>
        )}
        {commit.pins && commit.pins.length > 0 && (
          <>
            {' '}
            <Tag
              label={trans.__('pinned')}
              icon="pin"
              title={trans.__('Kept for %1', commit.pins.join(', '))}
            />
          </>
        )}
      </td>
      <td>{changeText(commit.metrics, trans)}</td>
      <td>
        <bdi>{commit.user}</bdi>
      </td>
      <td>
        <Origin commit={commit} />
      </td>
      <td className="jp-mlnb-HistoryTab-actions">
        <Button
          label={trans.__('Show version %1', version)}
          icon="table"
          iconOnly
          onClick={() => onPick(version)}
        />
        <Button
          label={trans.__('What version %1 changed', version)}
          icon="columns"
          iconOnly
          disabled={version === 0}
          onClick={() => props.onCompare(version - 1, version)}
        />
        <Button
          label={trans.__('Restore version %1…', version)}
          icon="history"
          iconOnly
          disabled={version === newest}
          onClick={() =>
            onQuery({ compare: `${newest}..${version}`, restore: '1' })
          }
        />
      </td>
    </tr>
  );
}

/** Where a commit was made: a run, a job's run, a notebook. */
export function Origin({ commit }: { commit: ICommit }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const { run_id: runId, job, notebook, cell } = commit;
  return (
    <span className="jp-mlnb-Origin">
      {runId && (
        <Button
          label={trans.__('Run %1', runId.slice(0, 8))}
          kind="link"
          onClick={() => host.open(formatAddress('run', runId))}
        />
      )}
      {job && (
        <Button
          label={trans.__('Job run %1', job)}
          kind="link"
          onClick={() => host.open(formatAddress('job-run', job))}
        />
      )}
      {notebook && <NotebookLink path={notebook} cell={cell} />}
    </span>
  );
}
