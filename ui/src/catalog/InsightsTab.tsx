import * as React from 'react';
import { formatAddress } from '../address';
import type { IInsights } from '../api/types.tables';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Section } from '../components/Page';
import { NotebookLink } from '../components/NotebookLink';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { Meter } from '../components/Sparkline';
import { RelativeTime } from '../components/Time';
import { formatDate, formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { insightsQuery } from './tableQueries';

const SPANS = [7, 30, 90];

/** Who reads a table, from where, how often, and which columns. */
export function InsightsTab({ name }: { name: string }): JSX.Element {
  const trans = useTrans();
  const [days, setDays] = React.useState(30);
  const query = useApi(insightsQuery(name, days), { keep: true });
  return (
    <>
      <div className="jp-mlnb-Bar">
        <Select
          label={trans.__('Last')}
          value={String(days)}
          options={SPANS.map(span => ({
            value: String(span),
            label: trans._n('%1 day', '%1 days', span)
          }))}
          onChange={value => setDays(Number(value))}
        />
        {query.data && (
          <span className="jp-mlnb-Bar-note" role="status">
            {trans._n(
              'read %2 time',
              'read %2 times',
              query.data.reads,
              formatInteger(query.data.reads)
            )}
          </span>
        )}
      </div>
      <QueryView
        query={query}
        isEmpty={insights => insights.reads === 0}
        empty={
          <EmptyState
            icon="chart"
            title={trans.__('Nobody has read this table in this time')}
            text={trans.__(
              'Queries, cells, jobs and runs that read it are counted here.'
            )}
          />
        }
      >
        {insights => <Loaded insights={insights} />}
      </QueryView>
    </>
  );
}

function Loaded({ insights }: { insights: IInsights }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const most = Math.max(...insights.columns.map(one => one.reads), 1);
  const joined = insights.joined_with ?? [];
  return (
    <div
      className="jp-mlnb-Scroll"
      role="region"
      aria-label={trans.__('Use')}
      // Few of the places have a page of their own: the keys scroll it.
      tabIndex={0}
    >
      <Section title={trans.__('Reads by day')}>
        <Days insights={insights} />
      </Section>
      <div className="jp-mlnb-Columns jp-mlnb-InsightsTab">
        <Section title={trans.__('From where')}>
          <table
            className="jp-mlnb-Table"
            aria-label={trans.__('Where it is read')}
          >
            <tbody>
              {insights.places.map(place => (
                <tr key={`${place.kind}:${place.name}:${place.cell ?? ''}`}>
                  <th scope="row">
                    {place.address ? (
                      <Button
                        label={place.name}
                        kind="link"
                        onClick={() => host.open(place.address ?? '')}
                      />
                    ) : place.kind === 'notebook' ? (
                      <NotebookLink path={place.name} cell={place.cell} />
                    ) : (
                      <bdi>{placeText(place.name, trans)}</bdi>
                    )}{' '}
                    {place.cell && place.kind !== 'notebook' && (
                      <span className="jp-mlnb-Muted">
                        {trans.__('cell %1', place.cell)}
                      </span>
                    )}
                  </th>
                  <td className="jp-mod-numeric">
                    {formatInteger(place.reads)}
                  </td>
                  <td className="jp-mlnb-Muted">
                    <RelativeTime time={place.last} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
        <Section title={trans.__('By whom')}>
          <table className="jp-mlnb-Table" aria-label={trans.__('Readers')}>
            <tbody>
              {insights.readers.map(reader => (
                <tr key={reader.principal}>
                  <th scope="row">
                    <bdi>{reader.principal}</bdi>
                  </th>
                  <td className="jp-mod-numeric">
                    {formatInteger(reader.reads)}
                  </td>
                  <td className="jp-mlnb-Muted">
                    <RelativeTime time={reader.last} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
        <Section title={trans.__('Columns')}>
          <table className="jp-mlnb-Table" aria-label={trans.__('Columns')}>
            <tbody>
              {insights.columns.map(column => (
                <tr key={column.name}>
                  <th scope="row">
                    <bdi>{column.name}</bdi>
                  </th>
                  <td className="jp-mod-numeric">
                    {column.reads > 0 ? (
                      <Meter
                        value={column.reads / most}
                        text={formatInteger(column.reads)}
                      />
                    ) : (
                      <span className="jp-mlnb-Muted">{trans.__('never')}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
        {joined.length > 0 && (
          <Section title={trans.__('Read together with')}>
            <table
              className="jp-mlnb-Table"
              aria-label={trans.__('Read together with')}
            >
              <tbody>
                {joined.map(other => (
                  <tr key={other.name}>
                    <th scope="row">
                      <Button
                        label={other.name}
                        kind="link"
                        onClick={() =>
                          host.open(formatAddress('table', other.name))
                        }
                      />
                    </th>
                    <td className="jp-mod-numeric">
                      {formatInteger(other.reads)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Section>
        )}
      </div>
    </div>
  );
}

/** Where no cell, job or run is known, the way in is. */
function placeText(name: string, trans: ITrans): string {
  switch (name) {
    case 'rest':
      return trans.__('pages and REST clients');
    case 'kernel':
      return trans.__('kernels');
    case 'cli':
      return trans.__('the command line');
    case 'job':
      return trans.__('jobs');
    default:
      return name;
  }
}

function Days({ insights }: { insights: IInsights }): JSX.Element {
  const trans = useTrans();
  const days = insights.per_day;
  const most = Math.max(...days.map(one => one.reads), 1);
  const text = (one: { day: string; reads: number }): string =>
    trans._n(
      '%2: %3 read',
      '%2: %3 reads',
      one.reads,
      formatDate(Date.parse(one.day)),
      formatInteger(one.reads)
    );
  return (
    <ul className="jp-mlnb-Days" aria-label={trans.__('Reads by day')}>
      {days.map(one => (
        <li key={one.day} title={text(one)}>
          <span className="jp-mlnb-Hidden">{text(one)}</span>
          <span style={{ height: `${(one.reads / most) * 100}%` }} />
        </li>
      ))}
    </ul>
  );
}
