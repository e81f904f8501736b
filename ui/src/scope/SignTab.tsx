import * as React from 'react';
import type { IScopeCard, IScopeSignature } from '../api/types.scope';
import { Button } from '../components/Button';
import { explain } from '../components/ErrorView';
import { Section } from '../components/Page';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import { useHost, useTrans } from '../host';
import { missingRoles, rolesOf } from './card';

/** Who has agreed to this version, who has not yet, and the place to decide. */
export function SignTab(props: {
  scope: IScopeCard;
  onChanged: () => void;
}): JSX.Element {
  const { scope, onChanged } = props;
  const trans = useTrans();
  const roles = rolesOf(scope.card);
  const signatures = scope.signatures ?? [];
  const missing = missingRoles(scope);
  return (
    <div className="jp-mlnb-Columns">
      <Section title={trans.__('Signatures of version %1', scope.version)}>
        <table className="jp-mlnb-Table" aria-label={trans.__('Signatures')}>
          <tbody>
            {roles.map(({ role, who }) => (
              <Role
                key={role}
                role={role}
                who={who}
                signatures={signatures.filter(one => one.role === role)}
              />
            ))}
          </tbody>
        </table>
        {missing.length === 0 && (
          <p className="jp-mlnb-Muted">
            {trans.__('Everybody who was asked has agreed.')}
          </p>
        )}
      </Section>
      {scope.state !== 'RETIRED' && (
        <Section title={trans.__('Your decision')}>
          <Decision
            key={scope.version}
            scope={scope}
            roles={roles.map(one => one.role)}
            suggested={missing[0] ?? roles[0]?.role}
            onChanged={onChanged}
          />
        </Section>
      )}
    </div>
  );
}

function Role(props: {
  role: string;
  who: readonly string[];
  signatures: readonly IScopeSignature[];
}): JSX.Element {
  const { role, who, signatures } = props;
  const trans = useTrans();
  return (
    <tr>
      <th scope="row">
        <bdi>{role}</bdi>
        <div className="jp-mlnb-Muted">
          <bdi>
            {who
              .map(one => (one === 'user:*' ? trans.__('everybody') : one))
              .join(', ') || trans.__('nobody is named')}
          </bdi>
        </div>
      </th>
      <td>
        {signatures.length === 0 ? (
          <State tone="warn" icon="clock" label={trans.__('waiting')} />
        ) : (
          signatures.map(one => (
            <div key={`${one.principal} ${one.at}`}>
              <State
                tone={one.decision === 'approve' ? 'good' : 'bad'}
                label={
                  one.decision === 'approve'
                    ? trans.__('agreed')
                    : trans.__('rejected')
                }
              />{' '}
              <bdi>{one.principal}</bdi>{' '}
              <span className="jp-mlnb-Muted">
                <RelativeTime time={one.at} />
              </span>
              {one.comment && (
                <div className="jp-mlnb-Muted">
                  <bdi>{one.comment}</bdi>
                </div>
              )}
            </div>
          ))
        )}
      </td>
    </tr>
  );
}

function Decision(props: {
  scope: IScopeCard;
  roles: readonly string[];
  suggested: string;
  onChanged: () => void;
}): JSX.Element {
  const { scope, roles, onChanged } = props;
  const { api, trans } = useHost();
  const [role, setRole] = React.useState(props.suggested);
  const [comment, setComment] = React.useState('');
  const [busy, setBusy] = React.useState<'approve' | 'reject' | null>(null);
  const [error, setError] = React.useState<Error | null>(null);
  const id = React.useId();
  const decide = (decision: 'approve' | 'reject'): void => {
    setBusy(decision);
    setError(null);
    api.scopes
      .sign(scope.name, { role, decision, comment: comment.trim() })
      .then(
        () => {
          setBusy(null);
          setComment('');
          onChanged();
        },
        (failure: Error) => {
          setBusy(null);
          setError(failure);
        }
      );
  };
  return (
    <div className="jp-mlnb-Decision">
      <label htmlFor={`${id}-role`}>{trans.__('As')}</label>
      <select
        id={`${id}-role`}
        className="jp-mlnb-Select"
        value={role}
        onChange={event => setRole(event.target.value)}
      >
        {roles.map(one => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <label htmlFor={`${id}-comment`}>{trans.__('Comment')}</label>
      <textarea
        id={`${id}-comment`}
        className="jp-mlnb-CardInput"
        rows={3}
        dir="auto"
        value={comment}
        placeholder={trans.__('What you agree to, or what is missing')}
        onChange={event => setComment(event.target.value)}
      />
      {error && (
        <p className="jp-mlnb-CardField-error" role="alert">
          {explain(error)}
        </p>
      )}
      <div className="jp-mlnb-CardForm-add">
        <Button
          label={trans.__('Agree to version %1', scope.version)}
          icon="check"
          kind="accept"
          busy={busy === 'approve'}
          disabled={busy !== null}
          onClick={() => decide('approve')}
        />
        <Button
          label={trans.__('Reject')}
          icon="close"
          kind="warn"
          busy={busy === 'reject'}
          disabled={busy !== null || comment.trim() === ''}
          title={trans.__('Say in the comment what is missing')}
          onClick={() => decide('reject')}
        />
      </div>
    </div>
  );
}
