import * as React from 'react';
import type { IRun } from '../api/types';
import type { IReplayOptions } from '../api/types.replay';
import { Button } from '../components/Button';
import { Popover } from '../components/Popover';
import { Select } from '../components/Select';
import { queryClientOf } from '../hooks/queryClient';
import { useAction } from '../hooks/useApi';
import { useHost, useTrans } from '../host';

/** Runs the run again in a clean process and compares. */
export function ReplayForm(props: {
  run: IRun;
  onStarted: () => void;
}): JSX.Element {
  const trans = useTrans();
  return (
    <Popover label={trans.__('Replay')} icon="replay">
      {close => <Form {...props} close={close} />}
    </Popover>
  );
}

function Form(props: {
  run: IRun;
  onStarted: () => void;
  close: () => void;
}): JSX.Element {
  const { run, onStarted, close } = props;
  const host = useHost();
  const { trans } = host;
  const [mode, setMode] = React.useState('cells');
  const [data, setData] = React.useState('pinned');
  const [env, setEnv] = React.useState('same');
  const [tolerance, setTolerance] = React.useState('1e-9');
  const rtol = Number(tolerance);
  const isNumber =
    tolerance.trim() !== '' && Number.isFinite(rtol) && rtol >= 0;
  const replay = useAction(
    api =>
      api.runs.replay(run.run_id, { mode, data, env, rtol } as IReplayOptions),
    () => {
      void queryClientOf(host).invalidateQueries({
        queryKey: ['run', run.run_id, 'replays']
      });
      close();
      onStarted();
    }
  );
  // Enter reaches a form whatever its button says.
  const submit = (): void => {
    if (isNumber && !replay.isPending) {
      replay.mutate(undefined);
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
      <p className="jp-mlnb-Muted">
        {trans.__(
          'The same code runs again in a clean process, and its numbers are compared with the recorded ones. Your tables are not changed.'
        )}
      </p>
      <Select
        label={trans.__('Code')}
        value={mode}
        options={[
          { value: 'cells', label: trans.__('the cells it needs') },
          { value: 'notebook', label: trans.__('the notebook up to its cell') }
        ]}
        onChange={setMode}
      />
      <Select
        label={trans.__('Data')}
        value={data}
        options={[
          { value: 'pinned', label: trans.__('the versions it read') },
          { value: 'latest', label: trans.__('the newest versions') }
        ]}
        onChange={setData}
      />
      <Select
        label={trans.__('Packages')}
        value={env}
        options={[
          { value: 'same', label: trans.__('those installed here') },
          { value: 'locked', label: trans.__('those it was made with') }
        ]}
        onChange={setEnv}
      />
      <label className="jp-mlnb-Field">
        {trans.__('Relative tolerance')}
        <input
          className="jp-mlnb-Input"
          value={tolerance}
          inputMode="decimal"
          aria-invalid={!isNumber || undefined}
          onChange={event => setTolerance(event.target.value)}
        />
      </label>
      <div className="jp-mlnb-PaneForm-actions">
        <Button
          label={trans.__('Replay now')}
          icon="play"
          kind="accept"
          busy={replay.isPending}
          disabled={!isNumber}
          onClick={submit}
        />
      </div>
    </form>
  );
}
