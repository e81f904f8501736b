import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import { Button } from '../components/Button';
import { Popover } from '../components/Popover';
import { Select } from '../components/Select';
import { useAction } from '../hooks/useApi';
import { useHost, useTrans } from '../host';

/** The name in `models:/main.ml.flights/3`; null for a model that is logged but not registered. */
export function registeredName(uri: string): string | null {
  return /^models:\/([^/@]+)[/@]/.exec(uri)?.[1] ?? null;
}

/** A name after the experiment's, of letters, digits and low lines: one that needs no quotes. */
function suggestion(run: IRun): string {
  const table = run.data.find(
    one => one.kind === 'table' && one.name.split('.').length === 3
  );
  const schema = table?.name.split('.').slice(0, 2).join('.') ?? 'main.default';
  const name = run.experiment_name
    .split('/')
    .pop()
    ?.replace(/\.ipynb$/, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_]+/gu, '_')
    .replace(/^_+|_+$/g, '');
  return `${schema}.${name || 'model'}`;
}

const NAME = /^[^.\s/]+\.[^.\s/]+\.[^.\s/]+$/;

/** Makes a logged model the next version of a registered one. */
export function RegisterForm({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  return (
    <Popover label={trans.__('Register')} icon="model">
      {close => <Form run={run} close={close} />}
    </Popover>
  );
}

function Form(props: { run: IRun; close: () => void }): JSX.Element {
  const { run, close } = props;
  const host = useHost();
  const { trans } = host;
  const [uri, setUri] = React.useState(run.models[0].uri);
  const [name, setName] = React.useState(() => suggestion(run));
  const hint = React.useId();
  const register = useAction(
    api => api.models.register(name.trim(), { model_uri: uri }),
    ({ version }) => {
      close();
      host.notify({
        kind: 'success',
        message: trans.__('%1 has version %2.', name.trim(), version),
        actions: [
          {
            label: trans.__('Open'),
            run: () => host.open(formatAddress('model', name.trim()))
          }
        ]
      });
    }
  );
  const isName = NAME.test(name.trim());
  // Enter reaches a form whatever its button says.
  const submit = (): void => {
    if (isName && !register.isPending) {
      register.mutate(undefined);
    }
  };
  return (
    <form
      className="jp-mlnb-PaneForm"
      onSubmit={event => {
        event.preventDefault();
        submit();
      }}
    >
      {run.models.length > 1 && (
        <Select
          label={trans.__('Model')}
          value={uri}
          options={run.models.map(model => ({
            value: model.uri,
            label: model.name
          }))}
          onChange={setUri}
        />
      )}
      <label className="jp-mlnb-PaneForm-field">
        <span>{trans.__('Name')}</span>
        <input
          className="jp-mlnb-Input"
          value={name}
          spellCheck={false}
          autoFocus
          aria-invalid={!isName || undefined}
          aria-describedby={hint}
          onChange={event => setName(event.target.value)}
        />
      </label>
      <p id={hint} className="jp-mlnb-Muted">
        {trans.__(
          'catalog.schema.model: a new name begins with version 1, a known one gets its next version.'
        )}
      </p>
      <div className="jp-mlnb-PaneForm-actions">
        <Button
          label={trans.__('Register')}
          kind="accept"
          busy={register.isPending}
          disabled={!isName}
          onClick={submit}
        />
      </div>
    </form>
  );
}
