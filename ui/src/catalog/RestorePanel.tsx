import * as React from 'react';
import type { ICommit, ITable } from '../api/types';
import type { IComparison } from '../api/types.tables';
import { Button } from '../components/Button';
import { RelativeTime } from '../components/Time';
import { formatInteger } from '../format';
import { useAction } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { changeText, operationText } from './commits';

/** Undone commits that are listed; of more the number is said. */
const LISTED = 12;

export interface IRestorePanelProps {
  table: ITable;
  /** Newest first. */
  commits: readonly ICommit[];
  /** The version that is to come back. */
  version: number;
  /** From the newest version to that one, once it is known. */
  comparison: IComparison | undefined;
  onDone: () => void;
}

/** Says what restoring a version undoes, does it, and offers the way back. */
export function RestorePanel(props: IRestorePanelProps): JSX.Element {
  const { table, version, comparison, onDone } = props;
  const host = useHost();
  const trans = useTrans();
  const restore = useRestore(table);
  const undone = props.commits.filter(commit => commit.version > version);
  const title = React.useId();
  return (
    <section className="jp-mlnb-RestorePanel" aria-labelledby={title}>
      <h2 id={title}>{trans.__('Restore version %1', version)}</h2>
      <p>
        {trans.__(
          'The rows and columns of version %1 become version %2.',
          version,
          table.version + 1
        )}{' '}
        {comparison && effect(comparison)}
      </p>
      <p>
        {trans._n(
          'This undoes %2 version:',
          'This undoes %2 versions:',
          undone.length,
          formatInteger(undone.length)
        )}
      </p>
      <ul>
        {undone.slice(0, LISTED).map(commit => (
          <li key={commit.version}>
            <span className="jp-mlnb-RestorePanel-version">
              {commit.version}
            </span>
            <span>{operationText(commit, trans)}</span>
            <span className="jp-mlnb-Muted">
              {changeText(commit.metrics, trans)}
            </span>
            <bdi>{commit.user}</bdi>
            <RelativeTime time={commit.timestamp} />
          </li>
        ))}
        {undone.length > LISTED && (
          <li className="jp-mlnb-Muted">
            {trans.__('and %1 more', formatInteger(undone.length - LISTED))}
          </li>
        )}
      </ul>
      <p className="jp-mlnb-Muted">
        {trans.__(
          'Nothing is deleted: version %1 stays in the history and can be restored in the same way.',
          table.version
        )}
      </p>
      <div className="jp-mlnb-RestorePanel-actions">
        <Button
          label={trans.__('Restore version %1', version)}
          icon="history"
          kind="accept"
          busy={restore.isPending}
          onClick={() => restore.mutate(version, { onSuccess: onDone })}
        />
        <Button label={trans.__('Cancel')} onClick={onDone} />
      </div>
    </section>
  );

  function effect(found: IComparison): string {
    const { added, removed, changed } = found;
    const parts = [
      changed > 0 &&
        host.trans._n(
          '%2 row changes back',
          '%2 rows change back',
          changed,
          formatInteger(changed)
        ),
      added > 0 &&
        host.trans._n(
          '%2 row comes back',
          '%2 rows come back',
          added,
          formatInteger(added)
        ),
      removed > 0 &&
        host.trans._n(
          '%2 row goes',
          '%2 rows go',
          removed,
          formatInteger(removed)
        ),
      found.schema_changes.length > 0 &&
        host.trans._n(
          '%1 column differs',
          '%1 columns differ',
          found.schema_changes.length
        )
    ].filter(Boolean);
    return parts.length > 0 ? `${parts.join(', ')}.` : '';
  }
}

/** Restores a version and tells so, with the way back to the version that was the newest. */
export function useRestore(
  table: ITable
): ReturnType<typeof useAction<number, unknown>> {
  const host = useHost();
  const { trans } = host;
  const { full_name: name, version: newest } = table;
  const undo = useAction(
    (api, version: number) => api.tables.restore(name, version),
    (_, version) =>
      host.notify({
        kind: 'success',
        message: trans.__('%1 is as it was in version %2.', name, version)
      })
  );
  return useAction(
    (api, version: number) => api.tables.restore(name, version),
    (_, version) => {
      host.notify({
        kind: 'success',
        message: trans.__('Version %1 of %2 is restored.', version, name),
        actions: [{ label: trans.__('Undo'), run: () => undo.mutate(newest) }]
      });
    }
  );
}
