import * as React from 'react';
import type { IIngestPlan, IPlanColumn, IReject } from '../api/types.ingest';
import { Icon } from '../components/Icon';
import { formatInteger } from '../format';
import { useTrans } from '../host';

/** Types that any column can be asked to be, behind those that hold all its values. */
const OTHER_TYPES = [
  'string',
  'bigint',
  'double',
  'boolean',
  'date',
  'timestamp',
  'decimal(18,2)'
];

/** The first rows as they would be loaded; each column with its type, why it has it, and what it could be. */
export function PlanTable(props: {
  plan: IIngestPlan;
  chosen: Readonly<Record<string, string>>;
  onType: (column: string, type: string | undefined) => void;
}): JSX.Element {
  const trans = useTrans();
  const { plan } = props;
  return (
    <div
      className="jp-mlnb-PlanTable"
      role="region"
      tabIndex={0}
      aria-label={trans.__('First rows')}
    >
      <table>
        <thead>
          <tr>
            {plan.columns.map(column => (
              <th key={column.name} scope="col">
                <ColumnHead
                  column={column}
                  chosen={props.chosen[column.name]}
                  rows={plan.num_rows}
                  onType={type => props.onType(column.name, type)}
                />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plan.rows.map((row, index) => (
            <tr key={index}>
              {row.map((value, at) => (
                <td
                  key={plan.columns[at]?.name ?? at}
                  className={
                    isNumber(plan.columns[at]?.type) ? 'jp-mod-numeric' : ''
                  }
                >
                  {value === null ? (
                    <span className="jp-mlnb-Grid-missing">
                      {trans.__('null')}
                    </span>
                  ) : (
                    <bdi>{value}</bdi>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isNumber(type: string | undefined): boolean {
  return /^(tinyint|smallint|int|bigint|float|double|decimal)/.test(type ?? '');
}

function ColumnHead(props: {
  column: IPlanColumn;
  chosen: string | undefined;
  rows: number;
  onType: (type: string | undefined) => void;
}): JSX.Element {
  const trans = useTrans();
  const { column, chosen } = props;
  const others = OTHER_TYPES.filter(type => !column.choices.includes(type));
  return (
    <div className="jp-mlnb-PlanTable-head">
      <div className="jp-mlnb-PlanTable-line">
        <bdi className="jp-mlnb-PlanTable-name">{column.name}</bdi>
        <select
          className="jp-mlnb-Select jp-mlnb-PlanTable-type"
          aria-label={trans.__('Type of %1', column.name)}
          value={column.type}
          onChange={event => props.onType(event.target.value)}
        >
          <optgroup label={trans.__('Holds every value')}>
            {column.choices.map(type => (
              <option key={type} value={type}>
                {type}
              </option>
            ))}
            {!column.choices.includes(column.type) && (
              <option value={column.type}>{column.type}</option>
            )}
          </optgroup>
          <optgroup label={trans.__('Would reject some')}>
            {others
              .filter(type => type !== column.type)
              .map(type => (
                <option key={type} value={type}>
                  {type}
                </option>
              ))}
          </optgroup>
        </select>
      </div>
      <p className="jp-mlnb-PlanTable-reason">
        {chosen ? (
          <>
            {trans.__('as you chose')}{' '}
            <button
              type="button"
              className="jp-mlnb-Button jp-mod-link"
              onClick={() => props.onType(undefined)}
            >
              {trans.__('Undo')}
            </button>
          </>
        ) : (
          column.reason
        )}
        {column.missing > 0 && (
          <>
            {' · '}
            {trans.__('%1 missing', formatInteger(column.missing))}
          </>
        )}
      </p>
      {column.in_table && column.in_table !== 'same' && (
        <p className="jp-mlnb-PlanTable-warning">
          <Icon name="alert" />
          {
            {
              new: trans.__('new in this table'),
              cast: trans.__('is made the table’s type'),
              conflict: trans.__('does not fit the table’s type')
            }[column.in_table]
          }
        </p>
      )}
      {column.warnings.map(warning => (
        <p key={warning} className="jp-mlnb-PlanTable-warning">
          <Icon name="alert" />
          {warning}
        </p>
      ))}
    </div>
  );
}

/** Lines that do not fit, each with its place and the reason. */
export function Rejects(props: {
  rejects: readonly IReject[];
  total: number;
  files: number;
}): JSX.Element {
  const trans = useTrans();
  const { rejects, total, files } = props;
  return (
    <>
      <table
        className="jp-mlnb-Table"
        aria-label={trans.__('Lines that would be rejected')}
      >
        <thead>
          <tr>
            {files > 1 && <th scope="col">{trans.__('File')}</th>}
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Line')}
            </th>
            <th scope="col">{trans.__('Column')}</th>
            <th scope="col">{trans.__('Reason')}</th>
            <th scope="col">{trans.__('As it stands there')}</th>
          </tr>
        </thead>
        <tbody>
          {rejects.map((one, index) => (
            <tr key={index}>
              {files > 1 && (
                <td>
                  <bdi>{one.file}</bdi>
                </td>
              )}
              <td className="jp-mod-numeric">
                {one.line === undefined ? '' : formatInteger(one.line)}
              </td>
              <td>
                <bdi>{one.column}</bdi>
              </td>
              <td>{one.reason}</td>
              <td>
                <code className="jp-mlnb-Import-raw">{one.raw}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {total > rejects.length && (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'The first %1 of %2. All of them are kept in a table beside the loaded one.',
            formatInteger(rejects.length),
            formatInteger(total)
          )}
        </p>
      )}
    </>
  );
}
