import * as React from 'react';
import type { ITag } from '../api/types.tables';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { Popover } from '../components/Popover';
import { useAction } from '../hooks/useApi';
import { useTrans } from '../host';

/** Tags that the platform keeps for itself; certification has a button of its own. */
const RESERVED = /^system\./;

export interface ITagListProps {
  kind: string;
  name: string;
  column?: string;
  tags: readonly ITag[];
  canEdit: boolean;
}

/** The tags of a table or a column: added, taken away where they stand. */
export function TagList(props: ITagListProps): JSX.Element {
  const { kind, name, column, canEdit } = props;
  const trans = useTrans();
  const what = column ?? name;
  const tags = props.tags.filter(
    tag => tag.column === column && !RESERVED.test(tag.key)
  );
  const remove = useAction((api, key: string) =>
    api.tables.unsetTag(kind, name, key, column)
  );
  return (
    <span className="jp-mlnb-TagList">
      {tags.map(tag => {
        const text = tag.value ? `${tag.key}: ${tag.value}` : tag.key;
        return (
          <span key={tag.key} className="jp-mlnb-TagList-tag">
            <bdi title={text}>{text}</bdi>
            {canEdit && (
              <Button
                label={trans.__('Remove the tag %1 of %2', tag.key, what)}
                icon="close"
                iconOnly
                disabled={remove.isPending}
                onClick={() => remove.mutate(tag.key)}
              />
            )}
          </span>
        );
      })}
      {canEdit && (
        <Popover label={trans.__('Add a tag to %1', what)} icon="plus" iconOnly>
          {close => <TagForm {...props} onDone={close} />}
        </Popover>
      )}
    </span>
  );
}

function TagForm(props: ITagListProps & { onDone: () => void }): JSX.Element {
  const { kind, name, column, onDone } = props;
  const trans = useTrans();
  const [key, setKey] = React.useState('');
  const [value, setValue] = React.useState('');
  const add = useAction(
    (api, tag: ITag) => api.tables.setTag(kind, name, tag),
    onDone
  );
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (key.trim()) {
      add.mutate({ key: key.trim(), value: value.trim(), column });
    }
  };
  return (
    <form className="jp-mlnb-ConditionEditor" onSubmit={submit}>
      <label className="jp-mlnb-Field">
        {trans.__('Tag')}
        <input
          className="jp-mlnb-Input"
          autoFocus
          value={key}
          onChange={event => setKey(event.target.value)}
        />
      </label>
      <label className="jp-mlnb-Field">
        {trans.__('Value')}
        <input
          className="jp-mlnb-Input"
          value={value}
          placeholder={trans.__('may be left out')}
          onChange={event => setValue(event.target.value)}
        />
      </label>
      <div className="jp-mlnb-ConditionEditor-actions">
        <button
          type="submit"
          className="jp-mlnb-Button jp-mod-accept"
          disabled={!key.trim() || add.isPending}
        >
          <Icon name="check" />
          <span>{trans.__('Add')}</span>
        </button>
      </div>
    </form>
  );
}
