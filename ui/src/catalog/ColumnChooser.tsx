import * as React from 'react';
import type { ITableColumn } from '../api/types';
import { Button } from '../components/Button';
import { Popover } from '../components/Popover';
import { SearchBox } from '../components/SearchBox';
import { useTrans } from '../host';

/** Tables with more columns get a field to find one. */
const SEARCH_FROM = 12;

export interface IColumnChooserProps {
  columns: readonly ITableColumn[];
  /** Names of those that are shown; undefined for all. */
  chosen: readonly string[] | undefined;
  onChange: (names: readonly string[] | undefined) => void;
}

/** Chooses the columns of a table's rows; they keep the table's order. */
export function ColumnChooser(props: IColumnChooserProps): JSX.Element {
  const { columns, chosen, onChange } = props;
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const needle = text.trim().toLowerCase();
  const shown = chosen ?? columns.map(column => column.name);
  const toggle = (name: string): void => {
    const next = columns
      .map(column => column.name)
      .filter(one => (one === name) !== shown.includes(one));
    onChange(next.length === columns.length ? undefined : next);
  };
  return (
    <Popover
      label={
        chosen
          ? trans.__('%1 of %2 columns', chosen.length, columns.length)
          : trans.__('Columns')
      }
      icon="columns"
    >
      {columns.length >= SEARCH_FROM && (
        <SearchBox
          label={trans.__('Find a column')}
          value={text}
          onChange={setText}
        />
      )}
      <fieldset className="jp-mlnb-ColumnChooser">
        <legend className="jp-mlnb-Hidden">{trans.__('Columns')}</legend>
        {columns
          .filter(column => column.name.toLowerCase().includes(needle))
          .map(column => (
            <label key={column.name}>
              <input
                type="checkbox"
                checked={shown.includes(column.name)}
                // A grid without columns shows nothing: the last one stays.
                disabled={shown.length === 1 && shown[0] === column.name}
                onChange={() => toggle(column.name)}
              />
              <bdi>{column.name}</bdi>
              <small>{column.type_text}</small>
            </label>
          ))}
      </fieldset>
      <div className="jp-mlnb-ColumnChooser-actions">
        <Button
          label={trans.__('Show all')}
          kind="link"
          disabled={!chosen}
          onClick={() => onChange(undefined)}
        />
        {columns.some(column => column.key) && (
          <Button
            label={trans.__('Key only')}
            kind="link"
            onClick={() =>
              onChange(
                columns.filter(column => column.key).map(column => column.name)
              )
            }
          />
        )}
      </div>
    </Popover>
  );
}
