import * as React from 'react';
import type { ITable } from '../api/types';
import { SearchBox } from '../components/SearchBox';
import { useTrans } from '../host';
import { KeyMark } from './PreviewTab';

/** More columns than this get a field to find one. */
const SEARCH_FROM = 12;

/** The columns of a table with type, key and comment. */
export function SchemaTab({ table }: { table: ITable }): JSX.Element {
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const needle = text.trim().toLowerCase();
  const columns = table.columns.filter(
    column =>
      column.name.toLowerCase().includes(needle) ||
      column.comment?.toLowerCase().includes(needle)
  );
  return (
    <>
      {table.columns.length >= SEARCH_FROM && (
        <div className="jp-mlnb-Bar">
          <SearchBox
            label={trans.__('Find a column')}
            value={text}
            onChange={setText}
          />
        </div>
      )}
      <div className="jp-mlnb-Scroll">
        <table
          className="jp-mlnb-Table jp-mlnb-SchemaTab"
          aria-label={trans.__('Columns of %1', table.full_name)}
        >
          <thead>
            <tr>
              <th scope="col" className="jp-mod-numeric">
                {trans.__('#')}
              </th>
              <th scope="col">{trans.__('Column')}</th>
              <th scope="col">{trans.__('Type')}</th>
              <th scope="col">{trans.__('Missing values')}</th>
              <th scope="col">{trans.__('Comment')}</th>
            </tr>
          </thead>
          <tbody>
            {columns.map(column => (
              <tr key={column.name}>
                <td className="jp-mod-numeric jp-mlnb-Muted">
                  {table.columns.indexOf(column) + 1}
                </td>
                <th scope="row" className="jp-mlnb-SchemaTab-name">
                  <bdi>{column.name}</bdi>
                  <KeyMark column={column} />
                </th>
                <td className="jp-mlnb-Mono">{column.type_text}</td>
                <td className="jp-mlnb-Muted">
                  {column.nullable ? trans.__('allowed') : trans.__('refused')}
                </td>
                <td>{column.comment}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
