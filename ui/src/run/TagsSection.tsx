import * as React from 'react';
import type { IRun } from '../api/types';
import { Button } from '../components/Button';
import { EditableText } from '../components/EditableText';
import { Section } from '../components/Page';
import { useHost, useTrans } from '../host';
import { changeRun } from './changes';

/** Tags that are ours or MLflow's: they say what the page shows elsewhere. */
const OURS = /^(mlnb|mlflow)\./;

/** The tags people gave, changed where they stand. */
export function TagsSection({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const [adding, setAdding] = React.useState(false);
  const tags = Object.entries(run.tags).filter(([key]) => !OURS.test(key));
  return (
    <Section
      title={trans.__('Tags')}
      aside={
        !run.deleted &&
        !adding && (
          <Button
            label={trans.__('Add a tag')}
            icon="plus"
            kind="link"
            onClick={() => setAdding(true)}
          />
        )
      }
    >
      {adding && <NewTag run={run} onDone={() => setAdding(false)} />}
      {tags.length === 0 && !adding ? (
        <p className="jp-mlnb-Muted">{trans.__('No tags.')}</p>
      ) : (
        <table className="jp-mlnb-Pairs" aria-label={trans.__('Tags')}>
          <tbody>
            {tags.map(([key, value]) => (
              <TagRow key={key} run={run} name={key} value={value} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function TagRow(props: {
  run: IRun;
  name: string;
  value: string;
}): JSX.Element {
  const { run, name, value } = props;
  const host = useHost();
  const { trans } = host;
  const remove = (): void =>
    void changeRun(host, run, { action: 'untag', key: name }).catch(
      (error: Error) => host.notify({ kind: 'error', message: error.message })
    );
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi>
      </th>
      <td className="jp-mlnb-TagRow">
        <EditableText
          label={trans.__('Tag %1', name)}
          text={value}
          placeholder={trans.__('empty')}
          canEdit={!run.deleted}
          save={next =>
            changeRun(host, run, { action: 'tag', key: name, value: next })
          }
        />
        {!run.deleted && (
          <Button
            label={trans.__('Remove tag %1', name)}
            icon="close"
            iconOnly
            onClick={remove}
          />
        )}
      </td>
    </tr>
  );
}

function NewTag(props: { run: IRun; onDone: () => void }): JSX.Element {
  const { run, onDone } = props;
  const host = useHost();
  const { trans } = host;
  const [key, setKey] = React.useState('');
  const [value, setValue] = React.useState('');
  const [error, setError] = React.useState<string | null>(null);
  const add = (): void => {
    if (!key.trim()) {
      return;
    }
    changeRun(host, run, {
      action: 'tag',
      key: key.trim(),
      value: value.trim()
    }).then(onDone, (failure: Error) => setError(failure.message));
  };
  return (
    <form
      className="jp-mlnb-NewTag"
      onSubmit={event => {
        event.preventDefault();
        add();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          onDone();
        }
      }}
    >
      <input
        className="jp-mlnb-Input"
        aria-label={trans.__('Name of the tag')}
        placeholder={trans.__('name')}
        value={key}
        autoFocus
        onChange={event => setKey(event.target.value)}
      />
      <input
        className="jp-mlnb-Input"
        aria-label={trans.__('Value of the tag')}
        placeholder={trans.__('value')}
        value={value}
        onChange={event => setValue(event.target.value)}
      />
      <button type="submit" className="jp-mlnb-Button jp-mod-accept">
        {trans.__('Add')}
      </button>
      <Button label={trans.__('Cancel')} onClick={onDone} />
      {error && (
        <p className="jp-mlnb-FieldError" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
