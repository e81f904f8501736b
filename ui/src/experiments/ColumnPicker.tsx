import * as React from 'react';
import type { IRunColumn } from '../api/types';
import { Popover } from '../components/Popover';
import { SearchBox } from '../components/SearchBox';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import { shortKey } from './rows';

/** Among thousands of columns so many are listed; the field finds the others. */
const LISTED = 100;

export interface IColumnPickerProps {
  columns: readonly IRunColumn[];
  chosen: readonly string[];
  onChange: (keys: string[]) => void;
}

/** Chooses the columns of the runs table. */
export function ColumnPicker(props: IColumnPickerProps): JSX.Element {
  const { columns, chosen } = props;
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const needle = text.trim().toLowerCase();
  const found = columns.filter(column =>
    column.key.toLowerCase().includes(needle)
  );
  const groups = [
    { prefix: 'metrics.', title: trans.__('Metrics') },
    { prefix: 'params.', title: trans.__('Parameters') },
    { prefix: 'tags.', title: trans.__('Tags') }
  ];
  const toggle = (key: string): void =>
    props.onChange(
      chosen.includes(key)
        ? chosen.filter(one => one !== key)
        : [...chosen, key]
    );
  return (
    <Popover label={trans.__('Columns')} icon="columns">
      <SearchBox
        label={trans.__('Find a metric, parameter or tag')}
        value={text}
        onChange={setText}
      />
      <div className="jp-mlnb-ColumnPicker">
        {groups.map(({ prefix, title }) => {
          const list = found.filter(column => column.key.startsWith(prefix));
          return (
            list.length > 0 && (
              <fieldset key={prefix}>
                <legend>{title}</legend>
                {list.slice(0, LISTED).map(column => (
                  <label key={column.key}>
                    <input
                      type="checkbox"
                      checked={chosen.includes(column.key)}
                      onChange={() => toggle(column.key)}
                    />
                    <bdi>{shortKey(column.key)}</bdi>
                    <small
                      title={trans._n('in %1 run', 'in %1 runs', column.runs)}
                    >
                      {formatInteger(column.runs)}
                    </small>
                  </label>
                ))}
                {list.length > LISTED && (
                  <p>
                    {trans.__(
                      '%1 more: type to find them',
                      list.length - LISTED
                    )}
                  </p>
                )}
              </fieldset>
            )
          );
        })}
        {found.length === 0 && (
          <p>{trans.__('No metric, parameter or tag is called so.')}</p>
        )}
      </div>
    </Popover>
  );
}
