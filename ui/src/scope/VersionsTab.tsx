import * as React from 'react';
import type { IScopeCard } from '../api/types.scope';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { differences } from './card';
import { versionsQuery } from './queries';
import { cardState } from './words';

/** All versions of a card, each with what it changed. */
export function VersionsTab({ name }: { name: string }): JSX.Element {
  const trans = useTrans();
  const query = useApi(versionsQuery(name), { keep: true });
  return (
    <QueryView query={query}>
      {versions => (
        <ol className="jp-mlnb-ScopeVersions" aria-label={trans.__('Versions')}>
          {versions.map((one, i) => (
            <Version key={one.version} scope={one} before={versions[i + 1]} />
          ))}
        </ol>
      )}
    </QueryView>
  );
}

function Version(props: {
  scope: IScopeCard;
  before: IScopeCard | undefined;
}): JSX.Element {
  const { scope, before } = props;
  const trans = useTrans();
  const changes = before ? differences(before.card, scope.card) : [];
  return (
    <li aria-label={trans.__('version %1', scope.version)}>
      <h2>
        {trans.__('Version %1', scope.version)}{' '}
        <State {...cardState(scope, trans)} />
        <span className="jp-mlnb-Muted">
          <RelativeTime time={scope.created_at} />{' '}
          {trans.__('by %1', scope.created_by)}
        </span>
      </h2>
      {before === undefined ? (
        <p className="jp-mlnb-Muted">{trans.__('The first version.')}</p>
      ) : (
        <table
          className="jp-mlnb-Table"
          aria-label={trans.__('Changes from version %1', before.version)}
        >
          <tbody>
            {changes.map(change => (
              <tr key={change.path}>
                <th scope="row">
                  <code>{change.path}</code>
                </th>
                <td>
                  {change.before !== undefined && (
                    <del>
                      <bdi>{change.before}</bdi>
                    </del>
                  )}
                </td>
                <td>
                  {change.after !== undefined && (
                    <ins>
                      <bdi>{change.after}</bdi>
                    </ins>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </li>
  );
}
