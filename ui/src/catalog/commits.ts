/** A commit in words, as history and restoring show it. */
import type { Cell, ICommit } from '../api/types';
import { formatBytes, formatInteger } from '../format';
import type { ITrans } from '../host';

/** What was done: a write says by its mode which kind it was. */
export function operationText(commit: ICommit, trans: ITrans): string {
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
  if (
    commit.operation === 'RESTORE' &&
    commit.parameters.version !== undefined
  ) {
    return trans.__('restore version %1', String(commit.parameters.version));
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

/** Does a commit hold the text that is sought? */
export function matches(commit: ICommit, needle: string): boolean {
  const words = [
    `v${commit.version}`,
    commit.operation,
    commit.user,
    commit.notebook,
    commit.run_id,
    commit.job,
    String(commit.parameters.mode ?? '')
  ];
  return words.some(word => word?.toLowerCase().includes(needle));
}
