import * as React from 'react';
import type { ITable } from '../api/types';
import { Button } from '../components/Button';
import { explain } from '../components/ErrorView';
import { Popover } from '../components/Popover';
import { Select } from '../components/Select';
import { useHost, useTrans } from '../host';

/** How many older versions are offered. */
const VERSIONS = 20;

const OTHER = 'other';

export interface ICompareWithProps {
  table: ITable;
  /** The version in view, where it is not the newest. */
  version: number | undefined;
  target: string | undefined;
  onBegun: (id: string) => void;
}

/** Lay another version, or another table, beside the one in view. */
export function CompareWith(props: ICompareWithProps): JSX.Element {
  const trans = useTrans();
  return (
    <Popover label={trans.__('Compare with…')} icon="columns">
      {close => <CompareForm {...props} onDone={close} />}
    </Popover>
  );
}

function CompareForm(
  props: ICompareWithProps & { onDone: () => void }
): JSX.Element {
  const { table, onBegun, onDone } = props;
  const { api } = useHost();
  const trans = useTrans();
  const version = props.version ?? table.version ?? 0;
  const older = Array.from(
    { length: Math.min(version, VERSIONS) },
    (_, i) => `${table.full_name}@v${version - 1 - i}`
  );
  const [side, setSide] = React.useState(older[0] ?? OTHER);
  const [name, setName] = React.useState('');
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<Error | null>(null);
  const id = React.useId();
  const right = side === OTHER ? name.trim() : side;
  const submit = (): void => {
    setBusy(true);
    setError(null);
    api.explore
      .compare({
        source: `${table.full_name}${props.version === undefined ? '' : `@v${props.version}`}`,
        right,
        ...(props.target === undefined ? {} : { target: props.target })
      })
      .then(
        begun => {
          onDone();
          onBegun(begun.id);
        },
        (failure: Error) => {
          setBusy(false);
          setError(failure);
        }
      );
  };
  return (
    <form
      className="jp-mlnb-CompareWith"
      onSubmit={event => {
        event.preventDefault();
        if (right !== '') {
          submit();
        }
      }}
    >
      {older.length > 0 && (
        <Select
          label={trans.__('Beside it')}
          value={side}
          options={[
            ...older.map(one => ({
              value: one,
              label: trans.__('version %1', one.split('@v').pop() ?? '')
            })),
            { value: OTHER, label: trans.__('another table') }
          ]}
          onChange={setSide}
        />
      )}
      {side === OTHER && (
        <label className="jp-mlnb-Field">
          {trans.__('Table')}
          <input
            className="jp-mlnb-Input"
            type="text"
            autoFocus
            spellCheck={false}
            value={name}
            placeholder={trans.__('main.schema.table')}
            aria-invalid={error ? true : undefined}
            aria-describedby={`${id}-note`}
            onChange={event => setName(event.target.value)}
          />
        </label>
      )}
      <p
        id={`${id}-note`}
        className="jp-mlnb-Muted"
        role={error ? 'alert' : undefined}
      >
        {error
          ? explain(error)
          : trans.__(
              'Which columns differ, which rows both sides share, and whether the sides can be told apart.'
            )}
      </p>
      <Button
        label={trans.__('Compare')}
        icon="play"
        kind="accept"
        busy={busy}
        disabled={right === ''}
        onClick={submit}
      />
    </form>
  );
}
