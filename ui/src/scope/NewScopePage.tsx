import * as React from 'react';
import { formatAddress } from '../address';
import type { ScopeCard } from '../api/types.scope';
import { Page } from '../components/Page';
import { Select } from '../components/Select';
import type { IDocumentProps } from '../document';
import { useApi } from '../hooks/useApi';
import { useHost } from '../host';
import { templateQuery } from './queries';
import { ScopeForm } from './ScopeForm';
import { PROBLEMS, problemWord } from './words';

const EXAMPLE = 'churn';

/** A new card: begun from the template of its kind of problem. */
export function NewScopePage(props: IDocumentProps): JSX.Element {
  const { query, onQuery } = props;
  const host = useHost();
  const { trans, api } = host;
  const problem = query.problem ?? 'classification';
  const [name, setName] = React.useState(query.name ?? '');
  const [card, setCard] = React.useState<ScopeCard>({ problem });
  const [touched, setTouched] = React.useState(false);
  const { data: template } = useApi(templateQuery(problem));
  const id = React.useId();

  // A template fills a card that nobody has written in yet.
  React.useEffect(() => {
    if (template && !touched) {
      setCard(template.card);
    }
  }, [template, touched]);

  const choose = async (next: string): Promise<void> => {
    const replace =
      !touched ||
      (await host.confirm({
        title: trans.__('Begin again?'),
        body: trans.__('What you have written is replaced by the template.'),
        action: trans.__('Replace')
      }));
    if (replace) {
      setTouched(false);
      onQuery({ problem: next });
    }
  };
  return (
    <Page
      icon="certified"
      title={trans.__('New scope card')}
      description={trans.__(
        'What the model is for, how good it has to be, and who has to agree. The same card is written in a cell with %1.',
        '%%scope'
      )}
    >
      <ScopeForm
        card={card}
        action={trans.__('Create')}
        pristine={false}
        blocked={name.trim() === ''}
        onChange={next => {
          setTouched(true);
          setCard(next);
        }}
        save={async body => {
          const made = await api.scopes.put(name.trim(), body, 0);
          host.notify({
            kind: 'success',
            message: trans.__('The scope card %1 is there.', made.name),
            hint: (made.notes ?? []).join(' ') || undefined
          });
          host.open(formatAddress('scope', made.name));
        }}
      >
        <fieldset>
          <legend>{trans.__('Card')}</legend>
          <div className="jp-mlnb-CardField">
            <label htmlFor={id}>{trans.__('Name')}</label>
            <div>
              <input
                id={id}
                className="jp-mlnb-CardInput"
                value={name}
                spellCheck={false}
                autoFocus
                placeholder={EXAMPLE}
                onChange={event => setName(event.target.value)}
              />
              <p className="jp-mlnb-Muted">
                {trans.__(
                  'Runs, gates and evaluations refer to the card by this name.'
                )}
              </p>
            </div>
          </div>
          <div className="jp-mlnb-CardField">
            <span>{trans.__('Begin with')}</span>
            <Select
              label={trans.__('Template')}
              value={problem}
              options={PROBLEMS.map(one => ({
                value: one,
                label: problemWord(one, trans)
              }))}
              onChange={next => void choose(next)}
            />
          </div>
        </fieldset>
      </ScopeForm>
    </Page>
  );
}

export default NewScopePage;
