import * as React from 'react';
import { formatAddress } from '../address';
import type { IHoldout, IScopeCard } from '../api/types.scope';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { RelativeTime } from '../components/Time';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { goalText, cardState, holdoutState, problemWord } from './words';
import { missingRoles, primaryOf } from './card';
import { cardsQuery, holdoutsQuery } from './queries';

/** Where a new card is written. */
export const NEW_SCOPE = formatAddress('new-scope', 'card');

/** All scope cards, and hold-outs that belong to none. */
export function ScopesSection(): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const cards = useApi(cardsQuery());
  const holdouts = useApi(holdoutsQuery());
  const alone = (holdouts.data ?? []).filter(
    one => one.scope_name === undefined && one.state !== 'RETIRED'
  );
  return (
    <QueryView
      query={cards}
      isEmpty={all => all.length === 0 && alone.length === 0}
      empty={
        <EmptyState
          icon="certified"
          title={trans.__('No scope cards yet')}
          text={trans.__(
            'A scope card says what a model is for, how good it has to be, which rows are held out and who signs. Every later check reads it.'
          )}
        >
          <NewScope />
        </EmptyState>
      }
    >
      {all => (
        <>
          <div className="jp-mlnb-Bar">
            <NewScope />
          </div>
          <List label={trans.__('Scope cards')}>
            {[...all].sort(byUrgency).map(card => (
              <CardRow key={card.name} card={card} />
            ))}
          </List>
          {alone.length > 0 && (
            <List label={trans.__('Hold-outs without a card')}>
              {alone.map(one => (
                <ListRow
                  key={one.id}
                  icon="lock"
                  name={one.table_name}
                  detail={looksText(one, trans)}
                  aside={holdoutState(one, trans).label}
                  onOpen={() => host.open(formatAddress('holdout', one.id))}
                />
              ))}
            </List>
          )}
        </>
      )}
    </QueryView>
  );
}

/** Cards in use first, the ones that wait for somebody before the agreed ones. */
function byUrgency(a: IScopeCard, b: IScopeCard): number {
  const rank = { DRAFT: 0, AGREED: 1, RETIRED: 2 };
  return rank[a.state] - rank[b.state] || b.created_at - a.created_at;
}

export function looksText(holdout: IHoldout, trans: ITrans): string {
  return trans._n(
    '%2 of %1 look taken',
    '%2 of %1 looks taken',
    holdout.looks_allowed,
    holdout.looks_used
  );
}

function NewScope(): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  return (
    <Button
      label={trans.__('New scope card')}
      icon="plus"
      onClick={() => host.open(NEW_SCOPE)}
    />
  );
}

function CardRow({ card }: { card: IScopeCard }): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const state = cardState(card, trans);
  const missing = missingRoles(card);
  return (
    <ListRow
      tone={state.tone}
      name={card.name}
      marks={<span className="jp-mlnb-Muted">{state.label}</span>}
      detail={[
        problemWord(String(card.card.problem), trans),
        goalText(primaryOf(card.card)),
        card.state === 'DRAFT' &&
          missing.length > 0 &&
          trans.__('waits for %1', missing.join(', '))
      ]
        .filter(Boolean)
        .join(' · ')}
      aside={<RelativeTime time={card.created_at} />}
      onOpen={() => host.open(formatAddress('scope', card.name))}
    />
  );
}

export default ScopesSection;
