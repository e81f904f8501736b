import * as React from 'react';
import { Button } from '../components/Button';
import { Popover } from '../components/Popover';
import { useHost, useTrans } from '../host';
import type { IRunsView } from './views';
import { useViews } from './views';

/** Named views: opened, kept and thrown away. */
export function ViewPicker(props: {
  experimentId: string;
  current: () => Omit<IRunsView, 'name'>;
  onOpen: (view: IRunsView) => void;
}): JSX.Element {
  const trans = useTrans();
  return (
    <Popover label={trans.__('Views')} icon="view">
      {close => <Views {...props} close={close} />}
    </Popover>
  );
}

function Views(props: {
  experimentId: string;
  current: () => Omit<IRunsView, 'name'>;
  onOpen: (view: IRunsView) => void;
  close: () => void;
}): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const { views, save, remove } = useViews(props.experimentId);
  const [name, setName] = React.useState('');
  const keep = (): void => {
    if (name.trim()) {
      save({ name: name.trim(), ...props.current() });
      host.notify({
        kind: 'success',
        message: trans.__('View %1 is kept.', name.trim())
      });
      props.close();
    }
  };
  return (
    <div className="jp-mlnb-Views">
      {views.length > 0 ? (
        <ul className="jp-mlnb-List" aria-label={trans.__('Views')}>
          {views.map(view => (
            <li key={view.name} className="jp-mlnb-Views-line">
              <button
                type="button"
                onClick={() => {
                  props.onOpen(view);
                  props.close();
                }}
              >
                <bdi>{view.name}</bdi>
                {view.query.filter && <code>{view.query.filter}</code>}
              </button>
              <Button
                label={trans.__('Remove view %1', view.name)}
                icon="close"
                iconOnly
                onClick={() => remove(view.name)}
              />
            </li>
          ))}
        </ul>
      ) : (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'A view keeps filter, order, columns and pictures under a name.'
          )}
        </p>
      )}
      <form
        className="jp-mlnb-Views-form"
        onSubmit={event => {
          event.preventDefault();
          keep();
        }}
      >
        <input
          className="jp-mlnb-Input"
          aria-label={trans.__('Name of the view')}
          placeholder={trans.__('Name of the view')}
          value={name}
          onChange={event => setName(event.target.value)}
        />
        <Button
          label={trans.__('Keep')}
          kind="accept"
          disabled={!name.trim()}
          onClick={keep}
        />
      </form>
    </div>
  );
}
