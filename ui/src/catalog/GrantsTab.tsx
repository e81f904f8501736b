import * as React from 'react';
import type { IGrant, IGrantChange, IGrants } from '../api/types.tables';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { grantsQuery } from './tableQueries';

export interface IGrantsTabProps {
  kind: string;
  name: string;
}

/** Who may do what with an object, and from which level it comes; given and taken here. */
export function GrantsTab({ kind, name }: IGrantsTabProps): JSX.Element {
  const query = useApi(grantsQuery(kind, name));
  return (
    <QueryView query={query}>
      {grants => <Loaded kind={kind} name={name} grants={grants} />}
    </QueryView>
  );
}

interface ILoadedProps extends IGrantsTabProps {
  grants: IGrants;
}

function Loaded(props: ILoadedProps): JSX.Element {
  const { kind, name, grants } = props;
  const trans = useTrans();
  const change = useAction((api, one: IGrantChange) =>
    api.tables.changeGrants(kind, name, [one])
  );
  const principals = [...new Set(grants.grants.map(one => one.principal))];
  return (
    <div className="jp-mlnb-Scroll jp-mlnb-GrantsTab">
      <p className="jp-mlnb-Note">
        <Icon name={grants.enforced ? 'lock' : 'info'} />
        <span>{grants.note}</span>
      </p>
      <Section title={trans.__('Owner')}>
        <Owner {...props} />
      </Section>
      <Section title={trans.__('Grants')}>
        {principals.length === 0 ? (
          <p className="jp-mlnb-Muted">
            {trans.__('Nobody else has been granted anything here or above.')}
          </p>
        ) : (
          <table
            className="jp-mlnb-Table"
            aria-label={trans.__('Grants on %1', name)}
          >
            <thead>
              <tr>
                <th scope="col">{trans.__('Principal')}</th>
                <th scope="col">{trans.__('Granted here')}</th>
                <th scope="col">{trans.__('From above')}</th>
              </tr>
            </thead>
            <tbody>
              {principals.map(principal => (
                <PrincipalRow
                  key={principal}
                  principal={principal}
                  grants={grants.grants.filter(
                    one => one.principal === principal
                  )}
                  mayGrant={grants.may_grant}
                  onRevoke={privilege =>
                    change.mutate({
                      principal,
                      add: [],
                      remove: [privilege]
                    })
                  }
                />
              ))}
            </tbody>
          </table>
        )}
      </Section>
      {grants.may_grant && (
        <Section title={trans.__('Grant')}>
          <GrantForm {...props} />
        </Section>
      )}
    </div>
  );
}

function PrincipalRow(props: {
  principal: string;
  grants: readonly IGrant[];
  mayGrant: boolean;
  onRevoke: (privilege: string) => void;
}): JSX.Element {
  const { principal, grants } = props;
  const trans = useTrans();
  return (
    <tr>
      <th scope="row">
        <Icon name="user" /> <bdi>{principal}</bdi>
      </th>
      <td>
        <span className="jp-mlnb-TagList">
          {grants
            .filter(one => !one.inherited_from)
            .map(({ privilege }) => (
              <span key={privilege} className="jp-mlnb-TagList-tag">
                {privilege}
                {props.mayGrant && (
                  <Button
                    label={trans.__('Revoke %1 from %2', privilege, principal)}
                    icon="close"
                    iconOnly
                    onClick={() => props.onRevoke(privilege)}
                  />
                )}
              </span>
            ))}
        </span>
      </td>
      <td>
        {grants
          .filter(one => one.inherited_from)
          .map(({ privilege, inherited_from: from }) => (
            <div key={`${privilege}${from?.name}`}>
              {privilege}{' '}
              <span className="jp-mlnb-Muted">
                {from?.kind === 'catalog'
                  ? trans.__('from the catalog %1', from.name)
                  : trans.__('from the schema %1', from?.name)}
              </span>
            </div>
          ))}
      </td>
    </tr>
  );
}

function GrantForm({ kind, name, grants }: ILoadedProps): JSX.Element {
  const trans = useTrans();
  const [principal, setPrincipal] = React.useState('');
  const [chosen, setChosen] = React.useState<readonly string[]>([]);
  const grant = useAction(
    (api, one: IGrantChange) => api.tables.changeGrants(kind, name, [one]),
    () => {
      setPrincipal('');
      setChosen([]);
    }
  );
  const complete = principal.trim() !== '' && chosen.length > 0;
  return (
    <form
      className="jp-mlnb-GrantForm"
      onSubmit={event => {
        event.preventDefault();
        if (complete) {
          grant.mutate({
            principal: principal.trim(),
            add: [...chosen],
            remove: []
          });
        }
      }}
    >
      <label className="jp-mlnb-Field">
        {trans.__('Principal')}
        <input
          className="jp-mlnb-Input"
          value={principal}
          placeholder={trans.__('a user or a group')}
          onChange={event => setPrincipal(event.target.value)}
        />
      </label>
      <fieldset>
        <legend>{trans.__('Privileges')}</legend>
        {grants.privileges.map(privilege => (
          <label key={privilege}>
            <input
              type="checkbox"
              checked={chosen.includes(privilege)}
              onChange={() =>
                setChosen(
                  chosen.includes(privilege)
                    ? chosen.filter(one => one !== privilege)
                    : [...chosen, privilege]
                )
              }
            />
            {privilege}
          </label>
        ))}
      </fieldset>
      <button
        type="submit"
        className="jp-mlnb-Button jp-mod-accept"
        disabled={!complete || grant.isPending}
      >
        <Icon name="plus" />
        <span>{trans.__('Grant')}</span>
      </button>
    </form>
  );
}

function Owner({ kind, name, grants }: ILoadedProps): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const change = useAction((api, owner: string) =>
    api.tables.setOwner(kind, name, owner)
  );
  const ask = async (): Promise<void> => {
    const owner = await host.ask?.({
      title: trans.__('New owner of %1', name),
      label: trans.__('Owner'),
      value: grants.owner,
      action: trans.__('Give away'),
      hint: trans.__('The owner may do everything with it, and grant it.')
    });
    if (owner?.trim() && owner.trim() !== grants.owner) {
      change.mutate(owner.trim());
    }
  };
  return (
    <p className="jp-mlnb-GrantsTab-owner">
      <Icon name="user" />
      <bdi>{grants.owner}</bdi>
      {grants.may_grant && host.ask && (
        <Button
          label={trans.__('Change…')}
          kind="link"
          onClick={() => void ask()}
        />
      )}
    </p>
  );
}
