import * as React from 'react';
import { formatAddress } from '../address';
import type { Cell, ICommit, ITable } from '../api/types';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { QueryView } from '../components/QueryView';
import { Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import { formatBytes, formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { historyQuery } from './queries';

export interface IHistoryTabProps {
  table: ITable;
  /** The version in view; undefined for the newest. */
  version: number | undefined;
  onPick: (version: number) => void;
}

/** Every version of a table, newest first; one can be picked and looked at. */
export function HistoryTab(props: IHistoryTabProps): JSX.Element {
  const { table } = props;
  const trans = useTrans();
  const query = useApi(historyQuery(table.full_name));
  return (
    <QueryView
      query={query}
      isEmpty={commits => commits.length === 0}
      empty={
        <EmptyState icon="history" title={trans.__('No history is kept')} />
      }
    >
      {commits => (
        <div className="jp-mlnb-Scroll">
          <table
            className="jp-mlnb-Table"
            aria-label={trans.__('Versions of %1', table.full_name)}
          >
            <thead>
              <tr>
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
              {commits.map(commit => (
                <CommitRow key={commit.version} {...props} commit={commit} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </QueryView>
  );
}

function CommitRow(props: IHistoryTabProps & { commit: ICommit }): JSX.Element {
  const { commit, table, onPick } = props;
  const host = useHost();
  const { trans } = host;
  const shown = commit.version === (props.version ?? table.version);
  const { run_id: runId } = commit;
  return (
    <tr aria-current={shown || undefined}>
      <td className="jp-mod-numeric">{commit.version}</td>
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
      </td>
      <td>{changeText(commit.metrics, trans)}</td>
      <td>
        <bdi>{commit.user}</bdi>
      </td>
      <td>
        {runId ? (
          <Button
            label={trans.__('Run %1', runId.slice(0, 8))}
            kind="link"
            onClick={() => host.open(formatAddress('run', runId))}
          />
        ) : (
          <bdi className="jp-mlnb-Muted">{commit.notebook}</bdi>
        )}
      </td>
      <td className="jp-mod-numeric">
        <Button
          label={trans.__('Show version %1', commit.version)}
          icon="table"
          iconOnly
          onClick={() => onPick(commit.version)}
        />
      </td>
    </tr>
  );
}

/** What was done: a write says by its mode which kind it was. */
function operationText(commit: ICommit, trans: ITrans): string {
  if (commit.operation === 'WRITE') {
    switch (String(commit.parameters.mode).toLowerCase()) {
      case 'append':
        return trans.__('append');
      case 'overwrite':
        return trans.__('overwrite');
      case 'errorifexists':
      case 'ignore':
        return trans.__('create');
    }
  }
  return commit.operation.toLowerCase().replace(/_/g, ' ');
}

function first(
  metrics: Record<string, Cell>,
  ...keys: string[]
): number | null {
  for (const key of keys) {
    const value = Number(metrics[key]);
    if (metrics[key] !== undefined && Number.isFinite(value)) {
      return value;
    }
  }
  return null;
}

/** The figures of a commit in words; writers name them differently. */
export function changeText(
  metrics: Record<string, Cell>,
  trans: ITrans
): string {
  const added = first(
    metrics,
    'num_added_rows',
    'numOutputRows',
    'num_target_rows_inserted'
  );
  const removed = first(
    metrics,
    'num_deleted_rows',
    'numDeletedRows',
    'num_target_rows_deleted'
  );
  const updated = first(
    metrics,
    'num_updated_rows',
    'numUpdatedRows',
    'num_target_rows_updated'
  );
  const bytes = first(metrics, 'numOutputBytes', 'size_bytes');
  return [
    added !== null &&
      added > 0 &&
      trans._n('+%2 row', '+%2 rows', added, formatInteger(added)),
    updated !== null &&
      updated > 0 &&
      trans._n(
        '%2 row changed',
        '%2 rows changed',
        updated,
        formatInteger(updated)
      ),
    removed !== null &&
      removed > 0 &&
      trans._n('−%2 row', '−%2 rows', removed, formatInteger(removed)),
    bytes !== null && bytes > 0 && formatBytes(bytes)
  ]
    .filter(Boolean)
    .join(', ');
}
