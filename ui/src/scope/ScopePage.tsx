import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IHoldout, IScopeCard, ScopeCard } from '../api/types.scope';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Facts } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Icon } from '../components/Icon';
import { InsertButton } from '../components/InsertButton';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { State, Tag } from '../components/State';
import { Tabs } from '../components/Tabs';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { bodyOf, missingRoles, primaryOf, valueAt } from './card';
import { CheckTab } from './CheckTab';
import { HoldoutView } from './HoldoutView';
import { cardQuery, holdoutsQuery } from './queries';
import { looksText } from './ScopesSection';
import { ScopeForm } from './ScopeForm';
import { SignTab } from './SignTab';
import { VersionsTab } from './VersionsTab';
import { cardState, goalText, problemWord } from './words';

/** One scope card: its fields, versions, signatures, hold-out, and what a run does of it. */
export function ScopePage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(cardQuery(props.name));
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="certified"
        title={trans.__('There is no scope card %1', props.name)}
        text={query.error.hint ?? undefined}
      />
    );
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={8} />}>
      {scope => (
        <Loaded {...props} scope={scope} refetch={() => void query.refetch()} />
      )}
    </QueryView>
  );
}

function Loaded(
  props: IDocumentProps & { scope: IScopeCard; refetch: () => void }
): JSX.Element {
  const { scope, query, onQuery, refetch } = props;
  const host = useHost();
  const { trans, api } = host;
  const holdouts = useApi(holdoutsQuery());
  const own = (holdouts.data ?? []).filter(
    one => one.scope_name === scope.name
  );
  const missing = missingRoles(scope);
  const tabs = [
    { id: 'card', label: trans.__('Card') },
    {
      id: 'signatures',
      label: trans.__('Signatures'),
      count: missing.length || undefined
    },
    { id: 'holdout', label: trans.__('Hold-out') },
    { id: 'versions', label: trans.__('Versions'), count: scope.version },
    { id: 'check', label: trans.__('Check a run') }
  ];
  const tab = tabs.find(one => one.id === query.tab)?.id ?? 'card';
  const retire = useAction(client => client.scopes.retire(scope.name), refetch);
  return (
    <Page
      icon="certified"
      place={trans.__('Scope card')}
      title={scope.name}
      marks={
        <>
          <State {...cardState(scope, trans)} />
          <Tag label={trans.__('version %1', scope.version)} icon="version" />
        </>
      }
      facts={<Facts facts={factsOf(scope, own, trans)} />}
      actions={
        <>
          <InsertButton
            label={trans.__('Insert cell')}
            source={`%%mlrun --scope ${scope.name}\n`}
          />
          {scope.state !== 'RETIRED' && (
            <Button
              label={trans.__('Retire…')}
              kind="warn"
              busy={retire.isPending}
              onClick={() =>
                void host
                  .confirm({
                    title: trans.__('Retire %1?', scope.name),
                    body: trans.__(
                      'No new run refers to it; what was judged by it stays.'
                    ),
                    action: trans.__('Retire'),
                    danger: true
                  })
                  .then(sure => sure && retire.mutate(undefined))
              }
            />
          )}
        </>
      }
    >
      <Tabs
        label={scope.name}
        tabs={tabs}
        current={tab}
        onSelect={id => onQuery({ tab: id === 'card' ? undefined : id })}
      >
        {tab === 'card' ? (
          <Editor
            scope={scope}
            save={body => api.scopes.put(scope.name, body, scope.version)}
            onSaved={refetch}
          />
        ) : (
          <div
            className="jp-mlnb-Scroll"
            role="region"
            aria-label={tabs.find(one => one.id === tab)?.label}
            // Not every part has something to focus: the keys scroll it.
            tabIndex={0}
          >
            {content()}
          </div>
        )}
      </Tabs>
    </Page>
  );

  function content(): React.ReactNode {
    switch (tab) {
      case 'signatures':
        return <SignTab scope={scope} onChanged={refetch} />;
      case 'versions':
        return <VersionsTab name={scope.name} />;
      case 'check':
        return (
          <CheckTab
            name={scope.name}
            run={query.run}
            onRun={run => onQuery({ run })}
          />
        );
      default:
        return own.length > 0 ? (
          own.map(one => (
            <HoldoutView
              key={one.id}
              holdout={one}
              onChanged={() => void holdouts.refetch()}
            />
          ))
        ) : (
          <EmptyState
            icon="lock"
            title={trans.__('No rows are held out')}
            text={trans.__(
              'Name a key and a share in the card, and save it: those rows are left out of profiles, queries and training sets, and looks at them are counted.'
            )}
          >
            <Button
              label={trans.__('Write it into the card')}
              icon="edit"
              onClick={() => onQuery({ tab: undefined })}
            />
          </EmptyState>
        );
    }
  }
}

/** The form, with what was changed kept until it is saved or given up. */
function Editor(props: {
  scope: IScopeCard;
  save: (body: ScopeCard) => Promise<IScopeCard>;
  onSaved: () => void;
}): JSX.Element {
  const { scope, save, onSaved } = props;
  const host = useHost();
  const { trans } = host;
  const [draft, setDraft] = React.useState<{
    card: ScopeCard;
    of: number;
  } | null>(null);
  const saved = JSON.stringify(bodyOf(scope.card));
  const card = draft?.card ?? scope.card;
  const pristine = JSON.stringify(bodyOf(card)) === saved;
  const overtaken = draft !== null && !pristine && draft.of !== scope.version;
  return (
    <ScopeForm
      card={card}
      action={trans.__('Save as version %1', scope.version + 1)}
      pristine={pristine}
      onChange={next =>
        setDraft({ card: next, of: draft?.of ?? scope.version })
      }
      onDiscard={() => setDraft(null)}
      save={async body => {
        const made = await save(body);
        setDraft(null);
        onSaved();
        host.notify({
          kind: 'success',
          message: trans.__('Version %1 is saved.', made.version),
          hint:
            [
              missingRoles(made).length > 0 &&
                trans.__(
                  'It waits for the signature of %1.',
                  missingRoles(made).join(', ')
                ),
              ...(made.notes ?? [])
            ]
              .filter(Boolean)
              .join(' ') || undefined
        });
      }}
    >
      {overtaken && (
        <p className="jp-mlnb-Verdict jp-mod-warn">
          <Icon name="alert" />
          <span>
            {trans.__(
              '%1 saved version %2 meanwhile. Yours began with version %3 and would replace it.',
              scope.created_by,
              scope.version,
              draft.of
            )}
          </span>
        </p>
      )}
      {scope.state === 'AGREED' && !pristine && (
        <p className="jp-mlnb-Verdict jp-mod-accent">
          <Icon name="info" />
          <span>
            {trans.__(
              'This version is agreed. A change makes a new one, which has to be signed again.'
            )}
          </span>
        </p>
      )}
    </ScopeForm>
  );
}

function factsOf(
  scope: IScopeCard,
  holdouts: readonly IHoldout[],
  trans: ITrans
): IFact[] {
  const { card } = scope;
  const target = [valueAt(card, 'target.table'), valueAt(card, 'target.column')]
    .filter(Boolean)
    .join('.');
  const facts: (IFact | false)[] = [
    {
      label: trans.__('Problem'),
      value: problemWord(String(card.problem), trans)
    },
    target !== '' && {
      label: trans.__('Target'),
      value: <bdi className="jp-mlnb-Mono">{target}</bdi>
    },
    {
      label: trans.__('Decides'),
      value: <bdi>{goalText(primaryOf(card))}</bdi>
    },
    ...holdouts.map(one => ({
      label: trans.__('Hold-out'),
      value: looksText(one, trans)
    })),
    card.review_by !== undefined &&
      card.review_by !== null && {
        label: trans.__('Review by'),
        value: String(card.review_by)
      },
    {
      label: trans.__('Saved'),
      value: (
        <>
          <RelativeTime time={scope.created_at} />{' '}
          {trans.__('by %1', scope.created_by)}
        </>
      )
    }
  ];
  return facts.filter((one): one is IFact => one !== false);
}

export default ScopePage;
