import * as React from 'react';
import type { IEndpoint, ITraffic } from '../api/types.registry';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { EmptyState } from '../components/EmptyState';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { RelativeTime } from '../components/Time';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { trafficQuery } from './queries';

/** Seconds of one step, so that each window has some sixty of them. */
const STEPS: Readonly<Record<string, number>> = {
  '15m': 60,
  '1h': 60,
  '6h': 360,
  '24h': 1440,
  '14d': 21600
};

/** Traffic and latency over time, and what happened to the endpoint. */
export function EndpointOverview(props: { endpoint: IEndpoint }): JSX.Element {
  const { endpoint } = props;
  const trans = useTrans();
  const [window, setWindow] = React.useState('1h');
  const query = useApi(trafficQuery(endpoint.name, window, STEPS[window]), {
    keep: true
  });
  return (
    <>
      <Section
        title={trans.__('Traffic')}
        aside={
          <Select
            label={trans.__('Window')}
            value={window}
            options={[
              { value: '15m', label: trans.__('15 minutes') },
              { value: '1h', label: trans.__('1 hour') },
              { value: '6h', label: trans.__('6 hours') },
              { value: '24h', label: trans.__('24 hours') },
              { value: '14d', label: trans.__('14 days') }
            ]}
            onChange={setWindow}
          />
        }
      >
        <QueryView
          query={query}
          isEmpty={isQuiet}
          empty={
            <EmptyState
              icon="chart"
              title={trans.__('No requests in this time')}
              text={trans.__(
                'Send one on the Test tab, or choose a longer window.'
              )}
            />
          }
        >
          {traffic => <TrafficCharts name={endpoint.name} traffic={traffic} />}
        </QueryView>
      </Section>
      <Section title={trans.__('Events')}>
        <ol className="jp-mlnb-Feed" aria-label={trans.__('Events')}>
          {endpoint.events.map(event => (
            <li key={`${event.time}-${event.action}`}>
              <div className="jp-mlnb-Feed-line">
                <strong>{event.action.split('.').pop()}</strong> {event.message}
                <span className="jp-mlnb-Feed-time">
                  <RelativeTime time={event.time} />
                </span>
              </div>
            </li>
          ))}
        </ol>
      </Section>
    </>
  );
}

function isQuiet(traffic: ITraffic): boolean {
  return traffic.entities.every(entity =>
    entity.requests.every(count => count === 0)
  );
}

function TrafficCharts(props: {
  name: string;
  traffic: ITraffic;
}): JSX.Element {
  const { name, traffic } = props;
  const trans = useTrans();
  const requests = React.useMemo(
    () => requestsSpec(traffic, trans),
    [traffic, trans]
  );
  const latency = React.useMemo(
    () => latencySpec(traffic, trans),
    [traffic, trans]
  );
  return (
    <div className="jp-mlnb-Columns">
      <Chart
        spec={requests}
        height={220}
        label={trans.__('Requests to %1 over time', name)}
      />
      <Chart
        spec={latency}
        height={220}
        label={trans.__('Latency of %1 over time, in milliseconds', name)}
      />
    </div>
  );
}

function requestsSpec(traffic: ITraffic, trans: ITrans): IChartSpec {
  return {
    x: { label: '', type: 'date' },
    y: { label: trans.__('requests') },
    legend: true,
    series: traffic.entities.flatMap(entity => [
      {
        name: entity.name,
        kind: 'bar' as const,
        x: entity.t,
        y: entity.requests
      },
      {
        name: trans.__('%1, refused or failed', entity.name),
        kind: 'bar' as const,
        x: entity.t,
        y: entity.e4xx.map((count, i) => count + entity.e5xx[i])
      }
    ])
  };
}

function latencySpec(traffic: ITraffic, trans: ITrans): IChartSpec {
  const [entity] = traffic.entities;
  return {
    x: { label: '', type: 'date' },
    y: { label: trans.__('ms') },
    legend: true,
    series: (['p50', 'p95', 'p99'] as const).map(name => ({
      name,
      kind: 'line' as const,
      x: entity.t,
      y: entity[name]
    }))
  };
}
