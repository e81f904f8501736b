import * as React from 'react';
import { formatAddress } from '../address';
import type { Cell, IRun, IRunData } from '../api/types';
import { Button } from '../components/Button';
import { Pairs } from '../components/Facts';
import { LongText } from '../components/LongText';
import { Section } from '../components/Page';
import { SearchBox } from '../components/SearchBox';
import { Tag } from '../components/State';
import { formatInteger, formatNumber } from '../format';
import { useHost, useTrans } from '../host';
import { TagsSection } from '../run/TagsSection';
import { byGoals, useGoals } from './useGoals';

export function figure(value: Cell): string {
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

/** Metrics, parameters, tags, data versions and figures of a run. */
export function RunOverview({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const goals = useGoals();
  const openFile = (file: string): void =>
    host.open(
      formatAddress('run', run.run_id, { query: { tab: 'artifacts', file } })
    );
  const metrics = byGoals(
    Object.entries(run.metrics),
    goals.names,
    ([name]) => name
  );
  return (
    <>
      <div className="jp-mlnb-Columns">
        <Values
          title={trans.__('Metrics')}
          pairs={metrics.map(([name, value]) => [name, figure(value)])}
          numeric
        />
        <Values
          title={trans.__('Parameters')}
          pairs={byGoals(Object.entries(run.params), [], ([name]) => name)}
        />
      </div>
      {run.data.length > 0 && <DataVersions data={run.data} />}
      {run.figures.length > 0 && (
        <Section title={trans.__('Figures')}>
          <div className="jp-mlnb-Figures">
            {run.figures.map(picture => (
              <figure key={picture.path}>
                <button
                  type="button"
                  title={trans.__('Show it among the files')}
                  onClick={() => openFile(picture.path)}
                >
                  <img src={picture.data_url} alt={picture.path} />
                </button>
                <figcaption>
                  <bdi>{picture.path}</bdi>
                </figcaption>
              </figure>
            ))}
          </div>
        </Section>
      )}
      <div className="jp-mlnb-Columns">
        <TagsSection run={run} />
        <Made run={run} />
      </div>
    </>
  );
}

/** So many are listed before they are searched. */
const MANY = 20;
const LISTED = 100;

function Values(props: {
  title: string;
  pairs: readonly (readonly [string, string])[];
  numeric?: boolean;
}): JSX.Element {
  const { title, pairs, numeric } = props;
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const needle = text.trim().toLowerCase();
  const found = pairs.filter(([name]) => name.toLowerCase().includes(needle));
  return (
    <Section
      title={title}
      aside={
        pairs.length > MANY && (
          <span className="jp-mlnb-Muted">{formatInteger(pairs.length)}</span>
        )
      }
    >
      {pairs.length > MANY && (
        <div className="jp-mlnb-Values-search">
          <SearchBox
            label={trans.__('Find in %1', title)}
            value={text}
            onChange={setText}
          />
        </div>
      )}
      {pairs.length === 0 ? (
        <p className="jp-mlnb-Muted">{trans.__('None were logged.')}</p>
      ) : found.length === 0 ? (
        <p className="jp-mlnb-Muted">{trans.__('None is called so.')}</p>
      ) : (
        <Pairs
          label={title}
          numeric={numeric}
          pairs={found
            .slice(0, LISTED)
            .map(([name, value]) => [
              name,
              <LongText key={name} text={value} />
            ])}
        />
      )}
      {found.length > LISTED && (
        <p className="jp-mlnb-Muted">
          {trans.__('%1 more: type to find them', found.length - LISTED)}
        </p>
      )}
    </Section>
  );
}

/** Where and by what it was made. */
function Made({ run }: { run: IRun }): JSX.Element | null {
  const host = useHost();
  const { trans } = host;
  const { parent_run_id: parent, environment = {}, git } = run;
  const pairs: [string, React.ReactNode][] = [
    [trans.__('Run id'), <code key="id">{run.run_id}</code>]
  ];
  if (parent !== undefined) {
    pairs.push([
      trans.__('Part of'),
      <Button
        key="parent"
        label={parent.slice(0, 8)}
        icon="run"
        kind="link"
        onClick={() => host.open(formatAddress('run', parent))}
      />
    ]);
  }
  const replayed = run.tags['mlnb.replay_of'];
  if (replayed) {
    pairs.push([
      trans.__('Replay of'),
      <Button
        key="replay"
        label={replayed.slice(0, 8)}
        icon="replay"
        kind="link"
        onClick={() => host.open(formatAddress('run', replayed))}
      />
    ]);
  }
  if (environment.python) {
    pairs.push([trans.__('Python'), environment.python]);
  }
  if (typeof run.session?.host === 'string') {
    pairs.push([
      trans.__('Computer'),
      <bdi key="host">{run.session.host}</bdi>
    ]);
  }
  if (git.repository) {
    pairs.push([trans.__('Repository'), <bdi key="git">{git.repository}</bdi>]);
  }
  return (
    <Section title={trans.__('Made by')}>
      <Pairs label={trans.__('Made by')} pairs={pairs} />
    </Section>
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
            <th scope="col">{trans.__('Name')}</th>
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
                <DataName data={one} />{' '}
                {one.holdout === 'included' && (
                  <Tag label={trans.__('with held-out rows')} tone="warn" />
                )}
              </td>
              <td className="jp-mlnb-Muted">
                {one.direction === 'written'
                  ? trans.__('written')
                  : trans.__('read')}
              </td>
              <td className="jp-mod-numeric">
                {one.version ?? (
                  <span className="jp-mlnb-Muted" title={one.fingerprint}>
                    {one.fingerprint?.replace(/^\w+:/, '').slice(0, 8)}
                  </span>
                )}
              </td>
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
