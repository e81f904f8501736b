import * as React from 'react';
import type { IMonitor, IMonitorSeries } from '../api/types.monitors';
import { Chart } from '../charts/Chart';
import { EmptyState } from '../components/EmptyState';
import { InsertButton } from '../components/InsertButton';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { Skeleton } from '../components/Skeleton';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { seriesQuery } from './queries';
import { hasValues, seriesSentence, seriesSpec } from './seriesSpec';
import { figure, metricName } from './words';

interface IPicture {
  metrics: readonly string[];
  format?: string;
}

const CLASSIFICATION: readonly IPicture[] = [
  { metrics: ['roc_auc_score'] },
  { metrics: ['accuracy_score'], format: '.0%' },
  { metrics: ['base_rate', 'predicted_rate'], format: '.0%' }
];
const REGRESSION: readonly IPicture[] = [
  { metrics: ['root_mean_squared_error'] },
  { metrics: ['mean_average_error'] },
  { metrics: ['r2_score'] }
];

export interface IQualitySectionProps {
  monitor: IMonitor;
  granularities: readonly string[];
}

/** How good the model was, once the truth was known. */
export function QualitySection(
  props: IQualitySectionProps
): JSX.Element | null {
  const { monitor, granularities } = props;
  const trans = useTrans();
  // Few labels fall into a narrow window: the widest gives the steadiest picture.
  const [chosen, setChosen] = React.useState<string | null>(null);
  const granularity = chosen ?? granularities[granularities.length - 1];
  const profile = monitor.inference_log;
  if (!profile) {
    return null;
  }
  const labelled =
    profile.labels !== undefined || profile.label_col !== undefined;
  return (
    <Section
      title={trans.__('Quality of the predictions')}
      aside={
        labelled &&
        granularities.length > 1 && (
          <Select
            label={trans.__('Windows of')}
            value={granularity}
            options={granularities.map(value => ({ value, label: value }))}
            onChange={setChosen}
          />
        )
      }
    >
      {labelled ? (
        <Pictures
          monitor={monitor}
          granularity={granularity}
          pictures={
            profile.problem_type === 'regression' ? REGRESSION : CLASSIFICATION
          }
        />
      ) : (
        <NoLabels />
      )}
    </Section>
  );
}

function NoLabels(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState
      icon="chart"
      title={trans.__('The truth is not known')}
      text={trans.__(
        'Say where labels arrive, however late, and each window gets its accuracy: a table with the id of the prediction and its label.'
      )}
    >
      <InsertButton
        label={trans.__('Insert an example cell')}
        source={
          '%monitor endpoint flights --labels main.ml.flights_outcomes:request_id:late'
        }
      />
    </EmptyState>
  );
}

function Pictures(props: {
  monitor: IMonitor;
  granularity: string | undefined;
  pictures: readonly IPicture[];
}): JSX.Element {
  const { monitor, granularity, pictures } = props;
  const trans = useTrans();
  const metrics = pictures.flatMap(one => one.metrics);
  const query = useApi(
    seriesQuery(monitor.table_name, { metrics, granularity }),
    { keep: true }
  );
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton rows={5} />}
      isEmpty={data => !data.some(hasValues)}
      empty={
        <EmptyState
          icon="clock"
          title={trans.__('No labels have arrived yet')}
          text={trans.__(
            'Once they are in the table of labels, the next refresh counts them in.'
          )}
        />
      }
    >
      {data => (
        <div className="jp-mlnb-Pictures">
          {pictures.map(picture => {
            const series = data.filter(
              one => picture.metrics.includes(one.metric) && hasValues(one)
            );
            return (
              series.length > 0 && (
                <QualityChart
                  key={picture.metrics[0]}
                  monitor={monitor}
                  series={series}
                  format={picture.format}
                />
              )
            );
          })}
        </div>
      )}
    </QueryView>
  );
}

function QualityChart(props: {
  monitor: IMonitor;
  series: readonly IMonitorSeries[];
  format?: string;
}): JSX.Element {
  const { monitor, series, format } = props;
  const trans = useTrans();
  const { metric } = series[0];
  const rule = monitor.alerts.find(
    alert => alert.enabled && alert.rule.metric === metric
  )?.rule;
  const spec = React.useMemo(
    () =>
      seriesSpec(series, trans, {
        format,
        threshold: rule && {
          value: rule.threshold,
          label: trans.__('limit %1', figure(rule.threshold))
        }
      }),
    [series, trans, format, rule]
  );
  return (
    <div>
      <h3>{metricName(metric, trans)}</h3>
      <Chart
        height={210}
        label={seriesSentence(series[0], trans)}
        spec={{ ...spec, y: { ...spec.y, label: '' } }}
      />
    </div>
  );
}
