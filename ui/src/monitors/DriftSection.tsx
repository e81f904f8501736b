import * as React from 'react';
import type { IDrift, IMonitor } from '../api/types.monitors';
import { ApiError } from '../api/errors';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { Skeleton } from '../components/Skeleton';
import type { IDocumentProps } from '../document';
import { formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { ColumnDetail } from './ColumnDetail';
import { HeatLegend, HeatMap } from './HeatMap';
import { driftQuery } from './queries';
import { metricName, windowName } from './words';

const METRICS = [
  'js_distance',
  'population_stability_index',
  'ks_test',
  'tv_distance',
  'wasserstein_normalized',
  'percent_null_delta'
];

/** So many rows at first, so many windows at once: half a year of days. */
const FIRST_ROWS = 24;
const MAX_WINDOWS = 184;

export interface IDriftSectionProps {
  monitor: IMonitor;
  granularities: readonly string[];
  query: IDocumentProps['query'];
  onQuery: IDocumentProps['onQuery'];
}

/** How far each column is from the baseline, and the one that was chosen in detail. */
export function DriftSection(props: IDriftSectionProps): JSX.Element {
  const { monitor, granularities, query, onQuery } = props;
  const trans = useTrans();
  const metric = query.metric ?? METRICS[0];
  const granularity = query.granularity ?? granularities[0];
  const drift = useApi(driftQuery(monitor.table_name, metric, granularity), {
    keep: true
  });
  return (
    <Section
      title={
        monitor.baseline_table_name === undefined
          ? trans.__('Drift from the window before')
          : trans.__('Drift from the baseline')
      }
      aside={
        <>
          <Select
            label={trans.__('Metric')}
            value={metric}
            options={METRICS.map(value => ({
              value,
              label: metricName(value, trans)
            }))}
            onChange={value =>
              onQuery({ metric: value === METRICS[0] ? undefined : value })
            }
          />
          {granularities.length > 1 && (
            <Select
              label={trans.__('Windows of')}
              value={granularity ?? ''}
              options={granularities.map(value => ({ value, label: value }))}
              onChange={value =>
                onQuery({ granularity: value, window: undefined })
              }
            />
          )}
        </>
      }
    >
      {isNotRefreshed(drift.error) ? (
        <NothingYet />
      ) : (
        <QueryView
          query={drift}
          skeleton={<Skeleton kind="grid" rows={8} />}
          isEmpty={data => data.columns.length === 0}
          empty={<NothingYet />}
        >
          {data => <LoadedDrift {...props} drift={data} />}
        </QueryView>
      )}
    </Section>
  );
}

/** Before its first refresh a monitor has no tables to read from. */
function isNotRefreshed(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'INVALID_STATE';
}

function NothingYet(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState
      icon="columns"
      title={trans.__('Nothing to compare yet')}
      text={trans.__(
        'A refresh cuts the rows into windows and compares each with the baseline: columns stand here line by line, the darker the further.'
      )}
    />
  );
}

function LoadedDrift(
  props: IDriftSectionProps & { drift: IDrift }
): JSX.Element {
  const { monitor, drift, query, onQuery } = props;
  const trans = useTrans();
  const [all, setAll] = React.useState(false);
  const [back, setBack] = React.useState(0);
  const end = Math.max(drift.windows.length - back, 1);
  const start = Math.max(end - MAX_WINDOWS, 0);
  const rows = all ? drift.columns.length : FIRST_ROWS;
  const shown = React.useMemo(
    () => cut(drift, rows, start, end),
    [drift, rows, start, end]
  );
  const column = chosenColumn(drift, query.column);
  const window = query.window === undefined ? null : Number(query.window);
  const onSelect = React.useCallback(
    (name: string, at: number | null) =>
      onQuery({
        column: name,
        window: at === null ? undefined : String(at)
      }),
    [onQuery]
  );
  return (
    <>
      <HeatMap
        label={trans.__(
          '%1 of %2 columns in %3 windows',
          metricName(drift.metric, trans),
          formatInteger(drift.columns.length),
          formatInteger(drift.windows.length)
        )}
        drift={shown}
        selected={column}
        selectedWindow={window}
        onSelect={onSelect}
      />
      <div className="jp-mlnb-HeatMap-foot">
        <HeatLegend drift={drift} />
        {drift.columns.length > FIRST_ROWS && (
          <Button
            label={
              all
                ? trans.__('Show fewer')
                : trans.__(
                    'Show all %1 columns',
                    formatInteger(drift.columns.length)
                  )
            }
            kind="link"
            onClick={() => setAll(!all)}
          />
        )}
        {drift.windows.length > MAX_WINDOWS && (
          <span className="jp-mlnb-HeatMap-pager">
            <Button
              label={trans.__('Earlier')}
              kind="link"
              disabled={start === 0}
              onClick={() => setBack(back + MAX_WINDOWS)}
            />
            {trans.__(
              '%1 to %2',
              windowName(drift.windows[start]),
              windowName(drift.windows[end - 1])
            )}
            <Button
              label={trans.__('Later')}
              kind="link"
              disabled={back === 0}
              onClick={() => setBack(Math.max(back - MAX_WINDOWS, 0))}
            />
          </span>
        )}
      </div>
      {column !== null && (
        <ColumnDetail
          key={column}
          table={monitor.table_name}
          drift={drift}
          column={column}
          window={window}
        />
      )}
    </>
  );
}

function cut(drift: IDrift, rows: number, start: number, end: number): IDrift {
  return {
    ...drift,
    windows: drift.windows.slice(start, end),
    columns: drift.columns.slice(0, rows),
    values: drift.values.slice(0, rows).map(line => line.slice(start, end)),
    drifted: drift.drifted.slice(0, rows).map(line => line.slice(start, end))
  };
}

/** The one asked for; else the first, which drifts most. */
function chosenColumn(
  drift: IDrift,
  wanted: string | undefined
): string | null {
  if (wanted !== undefined && drift.columns.includes(wanted)) {
    return wanted;
  }
  return drift.columns[0] ?? null;
}
