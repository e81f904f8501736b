import * as React from 'react';
import { formatAddress } from '../address';
import type { IModel, IModelVersion } from '../api/types.registry';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Section } from '../components/Page';
import { Select } from '../components/Select';
import { Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import { formatNumber } from '../format';
import { useHost, useTrans } from '../host';
import { RequestForm } from './RequestForm';

const METRICS_SHOWN = 3;
/** What people look at first, when it was measured. */
const PREFERRED = [
  'roc_auc',
  'root_mean_squared_error',
  'f1_score',
  'log_loss'
];

/** The versions of a model with what they measured, and a metric over the versions. */
export function VersionsTab({ model }: { model: IModel }): JSX.Element {
  const trans = useTrans();
  const [asking, setAsking] = React.useState<IModelVersion | null>(null);
  const metrics = React.useMemo(() => metricNames(model), [model]);
  if (model.versions.length === 0) {
    return (
      <EmptyState
        icon="version"
        title={trans.__('No versions yet')}
        text={trans.__('Register a run’s model under this name.')}
      />
    );
  }
  const versions = [...model.versions].sort(
    (a, b) => Number(b.version) - Number(a.version)
  );
  const shown = metrics.slice(0, METRICS_SHOWN);
  return (
    <>
      <table className="jp-mlnb-Table" aria-label={trans.__('Versions')}>
        <thead>
          <tr>
            <th>{trans.__('Version')}</th>
            <th>{trans.__('Aliases')}</th>
            {shown.map(metric => (
              <th key={metric} className="jp-mod-numeric">
                {metric}
              </th>
            ))}
            <th>{trans.__('Run')}</th>
            <th>{trans.__('By')}</th>
            <th>{trans.__('Created')}</th>
            <th aria-label={trans.__('Actions')} />
          </tr>
        </thead>
        <tbody>
          {versions.map(version => (
            <VersionRow
              key={version.version}
              version={version}
              metrics={shown}
              onAsk={() => setAsking(version)}
            />
          ))}
        </tbody>
      </table>
      {asking && (
        <RequestForm
          key={asking.version}
          model={model.name}
          version={asking}
          onDone={() => setAsking(null)}
        />
      )}
      {versions.length > 1 && metrics.length > 0 && (
        <MetricOverVersions model={model} metrics={metrics} />
      )}
    </>
  );
}

function VersionRow(props: {
  version: IModelVersion;
  metrics: readonly string[];
  onAsk: () => void;
}): JSX.Element {
  const { version } = props;
  const host = useHost();
  const { trans } = host;
  const run = version.run_id;
  return (
    <tr title={version.description}>
      <td>
        <strong>{version.version}</strong>
        {version.description && (
          <div className="jp-mlnb-Table-note">{version.description}</div>
        )}
      </td>
      <td>
        {version.aliases.map(alias => (
          <Tag key={alias} tone="accent" label={`@${alias}`} />
        ))}
        {version.stage !== 'None' && <Tag label={version.stage} />}
      </td>
      {props.metrics.map(metric => (
        <td key={metric} className="jp-mod-numeric">
          {metricText(version, metric)}
        </td>
      ))}
      <td>
        {run !== undefined && (
          <Button
            kind="link"
            label={run.slice(0, 8)}
            title={trans.__('Open run %1', run)}
            onClick={() => host.open(formatAddress('run', run))}
          />
        )}
      </td>
      <td>
        <bdi>{version.user}</bdi>
      </td>
      <td>
        <RelativeTime time={version.created_at} />
      </td>
      <td>
        <Button label={trans.__('Request alias…')} onClick={props.onAsk} />
      </td>
    </tr>
  );
}

function MetricOverVersions(props: {
  model: IModel;
  metrics: readonly string[];
}): JSX.Element {
  const { model, metrics } = props;
  const trans = useTrans();
  const [metric, setMetric] = React.useState(metrics[0]);
  const spec = React.useMemo(
    () => overVersions(model, metric, trans.__('version')),
    [model, metric, trans]
  );
  return (
    <Section
      title={trans.__('Metric over versions')}
      aside={
        <Select
          label={trans.__('Metric')}
          value={metric}
          options={metrics.map(value => ({ value, label: value }))}
          onChange={setMetric}
        />
      }
    >
      <Chart
        spec={spec}
        height={280}
        label={trans.__('%1 of each version of %2', metric, model.name)}
      />
    </Section>
  );
}

/** The metrics any version has, the ones people look at first in front. */
export function metricNames(model: IModel): string[] {
  const names = new Set(
    model.versions.flatMap(version => version.metrics.map(row => row.metric))
  );
  const rank = (name: string): number => {
    const at = PREFERRED.indexOf(name);
    return at < 0 ? PREFERRED.length : at;
  };
  return [...names].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

function metricText(version: IModelVersion, metric: string): string {
  const value = version.metrics.find(row => row.metric === metric)?.value;
  return typeof value === 'number' ? formatNumber(value) : String(value ?? '');
}

function overVersions(model: IModel, metric: string, axis: string): IChartSpec {
  const ordered = [...model.versions].sort(
    (a, b) => Number(a.version) - Number(b.version)
  );
  const datasets = new Set(
    ordered.flatMap(version =>
      version.metrics
        .filter(row => row.metric === metric)
        .map(row => row.dataset ?? '')
    )
  );
  const x = ordered.map(version => String(version.version));
  return {
    x: { label: axis, type: 'category' },
    y: { label: metric },
    legend: datasets.size > 1,
    series: [...datasets].map(dataset => ({
      name: dataset || metric,
      kind: 'dots',
      x,
      y: ordered.map(version => {
        const row = version.metrics.find(
          one => one.metric === metric && (one.dataset ?? '') === dataset
        );
        return typeof row?.value === 'number' ? row.value : null;
      })
    }))
  };
}
