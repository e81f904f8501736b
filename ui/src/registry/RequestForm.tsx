import * as React from 'react';
import type { IModelVersion } from '../api/types.registry';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { useAction } from '../hooks/useApi';
import { useTrans } from '../host';
import { GatesView } from './GatesView';

/** Asks that an alias be moved to a version, showing the gates that will judge it. */
export function RequestForm(props: {
  model: string;
  version: IModelVersion;
  onDone: () => void;
}): JSX.Element {
  const { model, version, onDone } = props;
  const trans = useTrans();
  const [alias, setAlias] = React.useState('champion');
  const [comment, setComment] = React.useState('');
  const to = `@${alias.replace(/^@/, '')}`;
  const ask = useAction(
    api =>
      api.models.request(model, version.version, {
        to,
        comment: comment || undefined
      }),
    onDone
  );
  return (
    <Section
      title={trans.__('Request an alias for version %1', version.version)}
    >
      <form
        className="jp-mlnb-Form"
        onSubmit={event => {
          event.preventDefault();
          ask.mutate(undefined);
        }}
      >
        <label className="jp-mlnb-Field">
          {trans.__('Alias')}
          <input
            className="jp-mlnb-Input"
            value={alias}
            onChange={event => setAlias(event.target.value)}
          />
        </label>
        <label className="jp-mlnb-Field jp-mod-wide">
          {trans.__('Comment')}
          <input
            className="jp-mlnb-Input"
            value={comment}
            placeholder={trans.__('Why this version')}
            onChange={event => setComment(event.target.value)}
          />
        </label>
        <Button
          kind="accept"
          label={trans.__('Request')}
          busy={ask.isPending}
          disabled={alias === ''}
          onClick={event => {
            event.preventDefault();
            ask.mutate(undefined);
          }}
        />
        <Button label={trans.__('Cancel')} onClick={onDone} />
      </form>
      {alias !== '' && (
        <GatesView model={model} version={version.version} to={to} />
      )}
    </Section>
  );
}
