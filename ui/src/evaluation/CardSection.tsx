import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IRun } from '../api/types';
import type { IModelCard } from '../api/types.evaluation';
import { Button } from '../components/Button';
import { Markdown } from '../components/Markdown';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { formatTime } from '../format';
import { saveFile } from '../grid/saveFile';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { cardQuery } from '../run/queries';

/** What is recorded of the model, as a page to hand on; each fact can be checked again. */
export function CardSection({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const [open, setOpen] = React.useState(false);
  return (
    <Section
      title={trans.__('Model card')}
      aside={
        <Button
          label={open ? trans.__('Hide') : trans.__('Show the card')}
          icon={open ? 'caretDown' : 'caretRight'}
          kind="link"
          onClick={() => setOpen(!open)}
        />
      }
    >
      {open ? (
        <Card run={run} />
      ) : (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'Purpose, data, metrics, slices, looks and gates, written from what is recorded.'
          )}
        </p>
      )}
    </Section>
  );
}

function Card({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const query = useApi(cardQuery(run.run_id));
  const verify = useAction((api, card: IModelCard) =>
    api.runs.verifyCard(run.run_id, card)
  );
  const keep = useAction(
    api => api.runs.keepCard(run.run_id),
    () =>
      host.notify({
        kind: 'success',
        message: trans.__('The card lies in the run’s files: mlnb/card.md')
      })
  );
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <p className="jp-mlnb-Muted">
        {[query.error.message, query.error.hint].filter(Boolean).join(' ')}
      </p>
    );
  }
  const names = (card: IModelCard, ids: readonly string[]): string =>
    ids
      .map(id => card.facts.find(fact => fact.id === id)?.label ?? id)
      .join(', ');
  return (
    <QueryView query={query}>
      {card => (
        <>
          <div className="jp-mlnb-Bar jp-mlnb-Evaluation-bar">
            <Button
              label={trans.__('Check every fact again')}
              icon="certified"
              busy={verify.isPending}
              onClick={() => verify.mutate(card)}
            />
            <Button
              label={trans.__('Keep with the run')}
              icon="pin"
              busy={keep.isPending}
              onClick={() => keep.mutate(undefined)}
            />
            <Button
              label={trans.__('Download')}
              icon="download"
              onClick={() =>
                saveFile({
                  name: `${run.name}-card.md`,
                  data: new Blob([card.markdown], { type: 'text/markdown' })
                })
              }
            />
            <span className="jp-mlnb-Bar-note">
              {trans._n('%1 fact', '%1 facts', card.facts.length)} ·{' '}
              {formatTime(card.created_at)}
            </span>
            {verify.data && (
              <span role="status">
                {verify.data.valid ? (
                  <State tone="good" label={trans.__('All facts still hold')} />
                ) : (
                  <State
                    tone="bad"
                    label={trans.__(
                      'No longer so: %1',
                      names(card, [
                        ...verify.data.changed,
                        ...verify.data.missing
                      ])
                    )}
                  />
                )}
              </span>
            )}
          </div>
          <div className="jp-mlnb-ModelCard">
            <Markdown source={card.markdown} />
          </div>
        </>
      )}
    </QueryView>
  );
}
