import * as React from 'react';
import { formatAddress } from '../address';
import type { Cell, IRun, IRunData } from '../api/types';
import { Button } from '../components/Button';
import { Pairs } from '../components/Facts';
import { Section } from '../components/Page';
import { formatInteger, formatNumber } from '../format';
import { useHost, useTrans } from '../host';
import { byGoals, useGoals } from './useGoals';

export function figure(value: Cell): string {
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

/** Metrics, parameters, data versions and figures of a run. */
export function RunOverview({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const goals = useGoals();
  const metrics = byGoals(
    Object.entries(run.metrics),
    goals.names,
    ([name]) => name
  );
  const params = Object.entries(run.params);
  return (
    <>
      <div className="jp-mlnb-Columns">
        <Section title={trans.__('Metrics')}>
          {metrics.length > 0 ? (
            <Pairs
              label={trans.__('Metrics')}
              numeric
              pairs={metrics.map(([name, value]) => [name, figure(value)])}
            />
          ) : (
            <p className="jp-mlnb-Muted">{trans.__('None were logged.')}</p>
          )}
        </Section>
        <Section title={trans.__('Parameters')}>
          {params.length > 0 ? (
            <Pairs
              label={trans.__('Parameters')}
              numeric
              pairs={params.map(([name, value]) => [
                name,
                <bdi key={name}>{value}</bdi>
              ])}
            />
          ) : (
            <p className="jp-mlnb-Muted">{trans.__('None were logged.')}</p>
          )}
        </Section>
      </div>
      {run.data.length > 0 && <DataVersions data={run.data} />}
      {run.figures.length > 0 && (
        <Section title={trans.__('Figures')}>
          <div className="jp-mlnb-Figures">
            {run.figures.map(picture => (
              <figure key={picture.path}>
                <img src={picture.data_url} alt={picture.path} />
                <figcaption>{picture.path}</figcaption>
              </figure>
            ))}
          </div>
        </Section>
      )}
    </>
  );
}

function DataVersions({ data }: { data: readonly IRunData[] }): JSX.Element {
  const trans = useTrans();
  const counted = data.some(one => one.n_rows !== undefined);
  return (
    <Section title={trans.__('Data')}>
      <table
        className="jp-mlnb-Table"
        aria-label={trans.__('Data read and written')}
      >
        <thead>
          <tr>
            <th scope="col">{trans.__('Table')}</th>
            <th scope="col">{trans.__('Use')}</th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Version')}
            </th>
            {counted && (
              <th scope="col" className="jp-mod-numeric">
                {trans.__('Rows')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {data.map((one, i) => (
            <tr key={i}>
              <td>
                <DataName data={one} />
              </td>
              <td className="jp-mlnb-Muted">
                {one.direction === 'written'
                  ? trans.__('written')
                  : trans.__('read')}
              </td>
              <td className="jp-mod-numeric">{one.version}</td>
              {counted && (
                <td className="jp-mod-numeric">
                  {one.n_rows !== undefined && formatInteger(one.n_rows)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** Leads to the table as it was, not as it is now. */
function DataName({ data }: { data: IRunData }): JSX.Element {
  const host = useHost();
  if (data.kind !== 'table') {
    return <bdi>{data.name}</bdi>;
  }
  const version = data.version === undefined ? undefined : String(data.version);
  return (
    <Button
      label={data.name}
      icon="table"
      kind="link"
      onClick={() =>
        host.open(formatAddress('table', data.name, { query: { version } }))
      }
    />
  );
}
