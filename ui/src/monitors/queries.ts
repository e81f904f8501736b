import type { IQuery } from '../api/queries';
import type {
  IAlert,
  IDrift,
  IJob,
  IJobRun,
  IJobRunSummary,
  IMonitor,
  IMonitorSeries,
  IMonitorSummary
} from '../api/types.monitors';

/** So many monitors are asked for their alerts. */
const MAX_ASKED = 100;

export function monitorsQuery(): IQuery<IMonitorSummary[]> {
  return {
    key: ['monitors'],
    subjects: ['monitor:*'],
    fetch: (api, signal) => api.monitors.list(signal)
  };
}

export interface IAlertList {
  monitors: number;
  /** Triggered ones first, then those that cannot be judged, then by name. */
  alerts: IAlert[];
}

const URGENCY: Readonly<Record<string, number>> = { TRIGGERED: 0, UNKNOWN: 1 };

function urgency(alert: IAlert): number {
  return alert.enabled ? (URGENCY[alert.state] ?? 2) : 3;
}

/** The alerts of all monitors. */
export function alertsQuery(): IQuery<IAlertList> {
  return {
    key: ['monitors', 'alerts'],
    subjects: ['monitor:*'],
    fetch: async (api, signal) => {
      const monitors = await api.monitors.list(signal);
      const pages = await Promise.all(
        monitors
          .slice(0, MAX_ASKED)
          .map(one => api.monitors.get(one.table_name, signal))
      );
      const alerts = pages
        .flatMap(page => page.alerts)
        .sort((a, b) => urgency(a) - urgency(b) || (a.name < b.name ? -1 : 1));
      return { monitors: monitors.length, alerts };
    }
  };
}

export function monitorQuery(table: string): IQuery<IMonitor> {
  return {
    key: ['monitor', table],
    subjects: [`monitor:${table}`],
    fetch: (api, signal) => api.monitors.get(table, signal)
  };
}

export function driftQuery(
  table: string,
  metric: string,
  granularity: string | undefined
): IQuery<IDrift> {
  return {
    key: ['monitor', table, 'drift', metric, granularity],
    subjects: [`monitor:${table}`],
    fetch: (api, signal) =>
      api.monitors.drift(table, { metric, granularity }, signal)
  };
}

export interface ISeriesWanted {
  metrics: readonly string[];
  column?: string;
  granularity?: string;
}

/** Several metrics of one column, or of the model, over the same windows. */
export function seriesQuery(
  table: string,
  { metrics, column, granularity }: ISeriesWanted
): IQuery<IMonitorSeries[]> {
  return {
    key: ['monitor', table, 'series', metrics, column, granularity],
    subjects: [`monitor:${table}`],
    fetch: (api, signal) =>
      Promise.all(
        metrics.map(metric =>
          api.monitors.series(table, { metric, column, granularity }, signal)
        )
      )
  };
}

export function jobsQuery(): IQuery<IJob[]> {
  return {
    key: ['jobs'],
    subjects: ['job:*', 'job_run:*'],
    fetch: (api, signal) => api.jobs.list(signal)
  };
}

export function jobRunsQuery(
  limit: number,
  jobId?: string
): IQuery<IJobRunSummary[]> {
  return {
    key: ['job-runs', limit, jobId],
    subjects: ['job:*', 'job_run:*'],
    fetch: (api, signal) => api.jobs.runs({ limit, job_id: jobId }, signal)
  };
}

export function jobRunQuery(runId: string): IQuery<IJobRun> {
  return {
    key: ['job-run', runId],
    subjects: [`job_run:${runId}`],
    fetch: (api, signal) => api.jobs.run(runId, signal)
  };
}
