import * as React from 'react';
import type { Cell } from '../api/types';
import type { IProfile } from '../api/types.explore';
import { Button } from '../components/Button';
import { explain } from '../components/ErrorView';
import { formatCell, formatInteger } from '../format';
import { useTrans } from '../host';
import type { Filters } from './brush';
import { filterText } from './brush';
import { useDrill } from './drilling';

export interface IBrushBarProps {
  profile: IProfile;
  filters: Filters;
  onFilters: (filters: Filters) => void;
}

/** What is brushed, how many rows that are, and those rows. */
export function BrushBar(props: IBrushBarProps): JSX.Element | null {
  const { profile, filters, onFilters } = props;
  const trans = useTrans();
  const [shown, setShown] = React.useState(false);
  const { data, error, busy } = useDrill(
    filters.length > 0
      ? { kind: 'rows', filters, limit: shown ? 200 : 1 }
      : null
  );
  if (filters.length === 0) {
    return null;
  }
  const columnOf = (name: string): IProfile['columns'][number] | undefined =>
    profile.columns.find(one => one.column_name === name);
  return (
    <div className="jp-mlnb-BrushBar">
      <div className="jp-mlnb-BrushBar-line">
        <span className="jp-mlnb-BrushBar-swatch" aria-hidden="true" />
        <ul aria-label={trans.__('Chosen rows')}>
          {filters.map(one => {
            const text = filterText(one, columnOf(one.column), trans);
            return (
              <li key={text}>
                <bdi>{text}</bdi>
                <Button
                  label={trans.__('Take away: %1', text)}
                  icon="close"
                  iconOnly
                  onClick={() =>
                    onFilters(filters.filter(other => other !== one))
                  }
                />
              </li>
            );
          })}
        </ul>
        <span className="jp-mlnb-Bar-note" role="status">
          {error
            ? ''
            : data
              ? trans.__(
                  '%1 of %2 rows',
                  formatInteger(data.total),
                  formatInteger(profile.rows)
                )
              : busy && trans.__('counting…')}
        </span>
        <span className="jp-mlnb-Bar-space" />
        <Button
          label={shown ? trans.__('Hide rows') : trans.__('Show rows')}
          icon="table"
          pressed={shown}
          onClick={() => setShown(!shown)}
        />
        <Button
          label={trans.__('Clear')}
          icon="close"
          onClick={() => onFilters([])}
        />
      </div>
      {error && (
        <p className="jp-mlnb-Tone jp-mod-bad" role="alert">
          {explain(error)}
        </p>
      )}
      {shown && data && (
        <Rows
          profile={profile}
          columns={data.columns}
          types={data.types ?? {}}
        />
      )}
    </div>
  );
}

/** The rows behind, as they are. */
function Rows(props: {
  profile: IProfile;
  columns: Record<string, Cell[]>;
  types: Record<string, string>;
}): JSX.Element {
  const trans = useTrans();
  const names = Object.keys(props.columns);
  const kinds = new Map(
    props.profile.columns.map(one => [one.column_name, one])
  );
  const length = Math.max(...names.map(name => props.columns[name].length), 0);
  const numeric = (name: string): string | undefined =>
    kinds.get(name)?.kind === 'numeric' ? 'jp-mod-numeric' : undefined;
  return (
    <div
      className="jp-mlnb-Rows"
      role="region"
      tabIndex={0}
      aria-label={trans.__('Rows')}
    >
      <table className="jp-mlnb-Table" aria-label={trans.__('Rows')}>
        <thead>
          <tr>
            {names.map(name => (
              <th key={name} scope="col" className={numeric(name)}>
                <bdi>{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length }, (_, row) => (
            <tr key={row}>
              {names.map(name => {
                const value = props.columns[name][row];
                return (
                  <td key={name} className={numeric(name)}>
                    {value === null || value === undefined ? (
                      <span className="jp-mlnb-Grid-missing">
                        {trans.__('null')}
                      </span>
                    ) : (
                      <bdi>
                        {formatCell(
                          value,
                          props.types[name] ?? kinds.get(name)?.data_type
                        )}
                      </bdi>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
