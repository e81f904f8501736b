import * as React from 'react';
import { formatAddress } from '../address';
import type { IDataDiff } from '../api/types.compare';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { State, Tag } from '../components/State';
import { formatInteger } from '../format';
import { useHost, useTrans } from '../host';
import { changeWord, shortened } from './words';

/** Tables and files that were read and written: versions, rows, columns. */
export function DataChanges({
  rows
}: {
  rows: readonly IDataDiff[];
}): JSX.Element | null {
  const trans = useTrans();
  if (rows.length === 0) {
    return null;
  }
  return (
    <Section title={trans.__('Data')}>
      <table className="jp-mlnb-Table" aria-label={trans.__('Data')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('Use')}</th>
            <th scope="col">{trans.__('Before')}</th>
            <th scope="col">{trans.__('After')}</th>
            <th scope="col">{trans.__('Columns')}</th>
            <th scope="col">{trans.__('Change')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={`${row.name} ${i}`}>
              <th scope="row">
                <DataName row={row} />
              </th>
              <td className="jp-mlnb-Muted">
                {row.direction === 'written'
                  ? trans.__('written')
                  : trans.__('read')}
              </td>
              <td>
                <DataState
                  version={row.a_version}
                  rows={row.a_rows}
                  fingerprint={row.a_fingerprint}
                />
              </td>
              <td>
                <DataState
                  version={row.b_version}
                  rows={row.b_rows}
                  fingerprint={row.b_fingerprint}
                />
              </td>
              <td>
                <ColumnChanges row={row} />
              </td>
              <td>
                <State {...changeWord(row.change, trans)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** Leads to the table; where two versions were read, to what changed between them. */
function DataName({ row }: { row: IDataDiff }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  if (row.kind !== 'table') {
    return <bdi>{row.name}</bdi>;
  }
  const version = row.b_version ?? row.a_version;
  return (
    <Button
      label={row.name}
      icon="table"
      kind="link"
      title={trans.__('Open the table')}
      onClick={() =>
        host.open(
          formatAddress('table', row.name, {
            query: {
              version: version === undefined ? undefined : String(version)
            }
          })
        )
      }
    />
  );
}

function DataState(props: {
  version?: number;
  rows?: number;
  fingerprint?: string;
}): JSX.Element {
  const { version, rows, fingerprint } = props;
  const trans = useTrans();
  const words = [
    version !== undefined && trans.__('version %1', version),
    rows !== undefined &&
      trans._n('%2 row', '%2 rows', rows, formatInteger(rows))
  ].filter(Boolean);
  return (
    <span title={fingerprint && trans.__('Fingerprint %1', fingerprint)}>
      {words.length > 0
        ? words.join(' · ')
        : fingerprint === undefined
          ? '–'
          : shortened(fingerprint)}
    </span>
  );
}

function ColumnChanges({ row }: { row: IDataDiff }): JSX.Element {
  const mark = (
    names: readonly string[],
    sign: string,
    tone: 'good' | 'bad' | 'warn'
  ): JSX.Element[] =>
    names.map(name => (
      <Tag key={sign + name} label={`${sign}${name}`} tone={tone} />
    ));
  return (
    <span className="jp-mlnb-DiffTags">
      {mark(row.columns_added, '+', 'good')}
      {mark(row.columns_removed, '−', 'bad')}
      {mark(row.columns_retyped, '~', 'warn')}
    </span>
  );
}
