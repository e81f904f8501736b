import * as React from 'react';
import type { Cell, ICommit, ITable } from '../api/types';
import type {
  IColumnChange,
  IComparedRow,
  IComparison,
  RowChange
} from '../api/types.tables';
import { Button } from '../components/Button';
import { Facts } from '../components/Facts';
import { Icon } from '../components/Icon';
import type { IconName } from '../components/Icon';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { Skeleton } from '../components/Skeleton';
import {
  formatCell,
  formatInteger,
  formatRelative,
  isNumericType
} from '../format';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { operationText } from './commits';
import { RestorePanel } from './RestorePanel';
import { compareQuery } from './tableQueries';

/** Wider tables show the columns that changed, until all are asked for. */
const SHOWN_COLUMNS = 8;

export interface ICompareViewProps {
  table: ITable;
  /** Newest first. */
  commits: readonly ICommit[];
  before: number;
  after: number;
  /** The question is whether to go back to the second version. */
  restoring: boolean;
  onQuery: (change: Record<string, string | undefined>) => void;
}

/** Two versions: what differs in columns, in how many rows, and which ones. */
export function CompareView(props: ICompareViewProps): JSX.Element {
  const { table, commits, before, after, restoring, onQuery } = props;
  const trans = useTrans();
  const [by, setBy] = React.useState<'key' | 'rows'>('key');
  const query = useApi(compareQuery(table.full_name, before, after, by));
  const go = (from: number, to: number): void =>
    onQuery({ compare: `${from}..${to}`, restore: undefined });
  const options = commits.map(commit => ({
    value: String(commit.version),
    label: trans.__(
      '%1 · %2 %3',
      commit.version,
      operationText(commit, trans),
      formatRelative(commit.timestamp, Math.max(Date.now(), commit.timestamp))
    )
  }));
  return (
    <>
      <div className="jp-mlnb-Bar">
        <Button
          label={trans.__('All versions')}
          icon="arrowLeft"
          onClick={() => onQuery({ compare: undefined, restore: undefined })}
        />
        <Select
          label={trans.__('From version')}
          value={String(before)}
          options={options}
          onChange={value => go(Number(value), after)}
        />
        <Button
          label={trans.__('Swap the versions')}
          icon="swap"
          iconOnly
          onClick={() => go(after, before)}
        />
        <Select
          label={trans.__('to version')}
          value={String(after)}
          options={options}
          onChange={value => go(before, Number(value))}
        />
        {table.primary_key.length > 0 && (
          <Select
            label={trans.__('Match rows by')}
            value={by}
            options={[
              { value: 'key', label: table.primary_key.join(', ') },
              { value: 'rows', label: trans.__('all their values') }
            ]}
            onChange={value => setBy(value as 'key' | 'rows')}
          />
        )}
        {!restoring && before === table.version && after < before && (
          <Button
            label={trans.__('Restore version %1…', after)}
            icon="history"
            onClick={() => onQuery({ restore: '1' })}
          />
        )}
      </div>
      <div
        className="jp-mlnb-Scroll jp-mlnb-CompareView"
        role="region"
        aria-label={trans.__('What differs')}
        // Nothing in it takes the focus: the keys scroll it.
        tabIndex={0}
      >
        {restoring && (
          <RestorePanel
            table={table}
            commits={commits}
            version={after}
            comparison={query.data}
            onDone={() => onQuery({ compare: undefined, restore: undefined })}
          />
        )}
        <QueryView query={query} skeleton={<Skeleton rows={6} />}>
          {comparison => <Result comparison={comparison} />}
        </QueryView>
      </div>
    </>
  );
}

function Result({ comparison }: { comparison: IComparison }): JSX.Element {
  const trans = useTrans();
  const { added, removed, changed } = comparison;
  const rowsDiffer = added + removed + changed > 0;
  if (!rowsDiffer && comparison.schema_changes.length === 0) {
    return (
      <p className="jp-mlnb-CompareView-same" role="status">
        <Icon name="check" />
        {trans.__(
          'Versions %1 and %2 have the same columns and the same rows.',
          comparison.before.version,
          comparison.after.version
        )}
      </p>
    );
  }
  return (
    <>
      <Facts
        facts={[
          {
            label: trans.__('Rows'),
            value: trans.__(
              '%1 → %2',
              formatInteger(comparison.before.rows),
              formatInteger(comparison.after.rows)
            )
          },
          { label: trans.__('Added'), value: count('added', added) },
          { label: trans.__('Removed'), value: count('removed', removed) },
          ...(comparison.by === 'key'
            ? [{ label: trans.__('Changed'), value: count('changed', changed) }]
            : []),
          {
            label: trans.__('Files compared'),
            value: formatInteger(comparison.files_read),
            title: trans._n(
              '%2 file is in both versions and was not read',
              '%2 files are in both versions and were not read',
              comparison.files_shared,
              formatInteger(comparison.files_shared)
            )
          }
        ]}
      />
      {comparison.note && (
        <p className="jp-mlnb-CompareView-note">
          <Icon name="info" />
          {comparison.note}
        </p>
      )}
      {comparison.schema_changes.length > 0 && (
        <SchemaChanges changes={comparison.schema_changes} />
      )}
      {rowsDiffer ? (
        <Rows comparison={comparison} />
      ) : (
        <p className="jp-mlnb-Muted">{trans.__('The rows are the same.')}</p>
      )}
    </>
  );
}

function count(kind: RowChange, value: number): React.ReactNode {
  return (
    <span className={`jp-mlnb-Diff jp-mod-${value > 0 ? kind : 'none'}`}>
      {formatInteger(value)}
    </span>
  );
}

function SchemaChanges(props: {
  changes: readonly IColumnChange[];
}): JSX.Element {
  const trans = useTrans();
  const words: Record<IColumnChange['change'], string> = {
    added: trans.__('added'),
    removed: trans.__('removed'),
    type: trans.__('other type'),
    nullability: trans.__('missing values')
  };
  return (
    <Section title={trans.__('Columns')}>
      <table className="jp-mlnb-Table" aria-label={trans.__('Changed columns')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Column')}</th>
            <th scope="col">{trans.__('Change')}</th>
            <th scope="col">{trans.__('Before')}</th>
            <th scope="col">{trans.__('After')}</th>
          </tr>
        </thead>
        <tbody>
          {props.changes.map(change => (
            <tr key={change.name}>
              <th scope="row">
                <bdi>{change.name}</bdi>
              </th>
              <td>
                <span
                  className={`jp-mlnb-Diff jp-mod-${change.change === 'added' || change.change === 'removed' ? change.change : 'changed'}`}
                >
                  {words[change.change]}
                </span>
              </td>
              <td className="jp-mlnb-Mono">{change.before}</td>
              <td className="jp-mlnb-Mono">{change.after}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** Which columns are shown: key and changed ones first, in the table's order. */
export function shownColumns(
  comparison: IComparison,
  all: boolean
): readonly number[] {
  const every = comparison.columns.map((_, i) => i);
  if (all || every.length <= SHOWN_COLUMNS) {
    return every;
  }
  const first = every.filter(i => {
    const column = comparison.columns[i];
    return column.key || column.changed_rows > 0;
  });
  const rest = every.filter(i => !first.includes(i));
  return [...first, ...rest.slice(0, Math.max(SHOWN_COLUMNS - first.length, 0))]
    .slice(0, Math.max(SHOWN_COLUMNS, 1))
    .sort((a, b) => a - b);
}

const MARKS: Record<RowChange, IconName> = {
  added: 'plus',
  removed: 'minus',
  changed: 'edit'
};

function changeWord(change: RowChange, trans: ITrans): string {
  switch (change) {
    case 'added':
      return trans.__('added');
    case 'removed':
      return trans.__('removed');
    case 'changed':
      return trans.__('changed');
  }
}

function Rows({ comparison }: { comparison: IComparison }): JSX.Element {
  const trans = useTrans();
  const [all, setAll] = React.useState(false);
  const columns = shownColumns(comparison, all);
  const { length: total } = comparison.columns;
  return (
    <Section
      title={
        comparison.truncated
          ? trans._n(
              'The first %1 row that differs',
              'The first %1 rows that differ',
              comparison.rows.length
            )
          : trans.__('Rows that differ')
      }
      aside={
        (all || columns.length < total) && (
          <Button
            label={
              all
                ? trans.__('Changed columns only')
                : trans._n('%1 column', 'All %1 columns', total)
            }
            icon="columns"
            kind="link"
            onClick={() => setAll(!all)}
          />
        )
      }
    >
      <div className="jp-mlnb-CompareView-rows">
        <table
          className="jp-mlnb-Table"
          aria-label={trans.__('Rows that differ')}
        >
          <thead>
            <tr>
              <th scope="col">{trans.__('Row')}</th>
              {columns.map(i => {
                const column = comparison.columns[i];
                return (
                  <th
                    key={column.name}
                    scope="col"
                    className={
                      isNumericType(column.type) ? 'jp-mod-numeric' : undefined
                    }
                  >
                    {column.key && (
                      <Icon name="key" label={trans.__('primary key')} />
                    )}
                    <bdi>{column.name}</bdi>
                    {column.changed_rows > 0 && (
                      <small>
                        {trans.__(
                          'changed in %1',
                          formatInteger(column.changed_rows)
                        )}
                      </small>
                    )}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {comparison.rows.map((row, i) => (
              <DiffRow
                key={i}
                row={row}
                columns={columns}
                comparison={comparison}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function DiffRow(props: {
  row: IComparedRow;
  columns: readonly number[];
  comparison: IComparison;
}): JSX.Element {
  const { row, columns, comparison } = props;
  const trans = useTrans();
  return (
    <tr className={`jp-mlnb-DiffRow jp-mod-${row.change}`}>
      <th scope="row">
        <span className={`jp-mlnb-Diff jp-mod-${row.change}`}>
          <Icon name={MARKS[row.change]} />
          {changeWord(row.change, trans)}
          {row.times > 1 && ` ×${formatInteger(row.times)}`}
        </span>
      </th>
      {columns.map(i => {
        const { name, type } = comparison.columns[i];
        const numeric = isNumericType(type) ? 'jp-mod-numeric' : undefined;
        const [old, now] = [row.before?.[i], row.after?.[i]];
        const differs =
          row.change === 'changed' &&
          JSON.stringify(old) !== JSON.stringify(now);
        return (
          <td key={name} className={numeric}>
            {differs ? (
              <>
                <del>
                  <Value value={old ?? null} type={type} />
                </del>{' '}
                <ins>
                  <Value value={now ?? null} type={type} />
                </ins>
              </>
            ) : (
              <Value value={(row.after ? now : old) ?? null} type={type} />
            )}
          </td>
        );
      })}
    </tr>
  );
}

/** SQL's word, the same in every language. */
const NULL = 'null';
const MAX_LENGTH = 120;

function Value({ value, type }: { value: Cell; type: string }): JSX.Element {
  if (value === null) {
    return <span className="jp-mlnb-Grid-missing">{NULL}</span>;
  }
  const text = formatCell(value, type);
  return (
    <bdi title={text.length > MAX_LENGTH ? text.slice(0, 2000) : undefined}>
      {text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text}
    </bdi>
  );
}
