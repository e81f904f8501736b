/** Answers of monitoring and of jobs, after the flights of the demo. */
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
import type { FakeRoutes, IFakeRequest } from './fakeServer';

const DAY = 86_400_000;
const NOW = Date.now();
const AUGUST = Date.UTC(2013, 7, 1);

export const MONITORED = 'main.ml.flights_payload_rows';

export const ALERT: IAlert = {
  id: 'a1',
  table_name: MONITORED,
  name: 'quality',
  rule: {
    metric: 'roc_auc_score',
    direction: 'below',
    threshold: 0.7,
    granularity: '1 month',
    k: 1,
    n: 2,
    min_rows: 200,
    severity: 'warning'
  },
  state: 'TRIGGERED',
  enabled: true,
  last_value: 0.6531,
  last_evaluated: NOW - 60_000,
  since: NOW - 60_000,
  evidence: [
    {
      start: Date.UTC(2013, 11, 1),
      end: Date.UTC(2014, 0, 1),
      column: ':table',
      value: 0.6531,
      lower: 0.621,
      upper: 0.688,
      rows: 2310,
      holds: true,
      why: 'past the threshold'
    }
  ]
};

export const MONITOR_LINE: IMonitorSummary = {
  table_name: MONITORED,
  status: 'MONITOR_STATUS_ACTIVE',
  profile_type: 'inference_log',
  granularities: ['1 day', '1 month'],
  last_refresh: NOW - 120_000,
  state: 'alert',
  drifted_columns: 2,
  alerts_open: 1
};

export const MONITOR: IMonitor = {
  table_name: MONITORED,
  status: 'MONITOR_STATUS_ACTIVE',
  state: 'alert',
  summary:
    '2 of 4 columns have drifted (temp, prediction); triggered: quality.',
  drifted_columns: ['temp', 'prediction'],
  profile_metrics_table_name: `${MONITORED}_profile_metrics`,
  drift_metrics_table_name: `${MONITORED}_drift_metrics`,
  baseline_table_name: 'main.ml.flights_baseline',
  slicing_exprs: ['origin'],
  inference_log: {
    timestamp_col: 'requested_at',
    granularities: ['1 day', '1 month'],
    problem_type: 'classification',
    prediction_col: 'prediction',
    model_id_col: 'model_id',
    labels: {
      table: 'main.ml.flights_outcomes',
      request_id_col: 'request_id',
      label_col: 'late'
    }
  },
  refreshes: [
    {
      refresh_id: 1,
      state: 'SUCCESS',
      trigger: 'MANUAL',
      start_time_ms: NOW - 160_000,
      end_time_ms: NOW - 120_000,
      message: 'The baseline lacks prediction_proba.',
      rows: 11_739,
      windows: 160,
      cpu_seconds: 15,
      peak_mb: 1144
    }
  ],
  alerts: [ALERT],
  decisions: [
    {
      id: 'd1',
      time: NOW - 60_000,
      decision: 'RETRAIN',
      decided_by: 'ada',
      reason: 'quality: ROC AUC fell to 0.653.',
      evidence: {
        alerts: [
          {
            name: 'quality',
            metric: 'roc_auc_score',
            direction: 'below',
            threshold: 0.7,
            value: 0.6531,
            windows: ALERT.evidence
          }
        ],
        model: 'main.ml.flights/1',
        as_of: Date.UTC(2014, 0, 1),
        versions: { table: 6, labels: 0 }
      }
    }
  ]
};

/** Four columns over so many days; `temp` drifts on half of them, `visib` is not always defined. */
export function drift(days = 14, granularity = '1 day'): IDrift {
  const columns = ['temp', 'prediction', 'visib', 'origin'];
  const width = granularity === '1 month' ? 30.4 * DAY : DAY;
  const windows = Array.from({ length: days }, (_, i) => ({
    start: AUGUST + i * width,
    end: AUGUST + (i + 1) * width
  }));
  const values = columns.map((_, row) =>
    windows.map((__, i) =>
      row === 2 && i % 7 === 0
        ? null
        : Math.abs(Math.sin(i / (row + 3))) * (row < 2 ? 0.6 : 0.2)
    )
  );
  return {
    metric: 'js_distance',
    granularity,
    threshold: 0.3,
    windows,
    columns,
    values,
    drifted: values.map(line => line.map(value => (value ?? 0) >= 0.3))
  };
}

function series(request: IFakeRequest): IMonitorSeries {
  const { metric, column = ':table', granularity } = request.query;
  const t = Array.from({ length: 6 }, (_, i) => AUGUST + i * 30.4 * DAY);
  return {
    metric,
    column,
    granularity,
    t,
    series: [
      { name: 'current', values: [0.72, 0.71, 0.653, 0.667, 0.7, 0.669] },
      ...(metric === 'accuracy_score' || metric === 'avg'
        ? [{ name: 'baseline', values: t.map(() => 0.68) }]
        : [])
    ]
  };
}

export const JOB_RUN: IJobRunSummary = {
  run_id: 17,
  job_id: 7,
  name: 'nightly report',
  state: 'RUNNING',
  created_at: NOW - 20_000,
  start_time: NOW - 18_000,
  cells_done: 2,
  cells_total: 4
};

export const FAILED_RUN: IJobRun = {
  ...JOB_RUN,
  run_id: 16,
  state: 'TERMINATED',
  result: 'FAILED',
  end_time: NOW - 4_000,
  parameters: { airport: 'JFK', days: 3 },
  attempt: 0,
  creator: 'ada',
  notebook: 'nightly_report.ipynb',
  error: 'Cell 3 failed: AssertionError: the rate is too high',
  error_trace: 'Traceback (most recent call last): …',
  cells: [
    {
      index: 0,
      cell_type: 'markdown',
      source: '# Nightly report',
      state: 'done'
    },
    {
      index: 1,
      cell_id: 'b',
      cell_type: 'code',
      source: 'import time\nfor i in range(3):\n    print(i)',
      state: 'done',
      started: NOW - 17_000,
      ended: NOW - 12_500,
      outputs_text: '0\n1\n2\n'
    },
    {
      index: 2,
      cell_id: 'c',
      cell_type: 'code',
      source: 'assert rate < 0.2',
      state: 'error',
      started: NOW - 12_000,
      ended: NOW - 11_900,
      outputs_text: 'AssertionError: the rate is too high'
    },
    {
      index: 3,
      cell_id: 'd',
      cell_type: 'code',
      source: "print('never reached')",
      state: 'pending'
    }
  ]
};

export const RUNNING_RUN: IJobRun = {
  ...FAILED_RUN,
  ...JOB_RUN,
  error: undefined,
  error_trace: undefined,
  result: undefined,
  end_time: undefined,
  cells: FAILED_RUN.cells.map(cell =>
    cell.state === 'error'
      ? { ...cell, state: 'running', ended: undefined, outputs_text: undefined }
      : cell
  )
};

export const JOB: IJob = {
  job_id: 7,
  name: 'nightly report',
  notebook: 'nightly_report.ipynb',
  created_at: NOW - 86_400_000,
  last_run: JOB_RUN
};

/** A server with one monitor and one job. */
export function monitorRoutes(): FakeRoutes {
  return {
    'GET api/1.0/monitors': { monitors: [MONITOR_LINE] },
    'GET api/1.0/monitors/*': MONITOR,
    'GET api/1.0/monitors/*/drift': (request: IFakeRequest) =>
      request.query.granularity === '1 month'
        ? drift(6, '1 month')
        : { ...drift(), metric: request.query.metric },
    'GET api/1.0/monitors/*/series': series,
    'POST api/1.0/monitors/*/refresh': { refresh_id: 2, state: 'PENDING' },
    'POST api/1.0/monitors/*/decide-retraining': MONITOR.decisions[0],
    'POST api/1.0/monitors/alerts/*/disable': { ...ALERT, enabled: false },
    'GET api/1.0/jobs': { jobs: [JOB] },
    'GET api/1.0/job-runs': { runs: [JOB_RUN, FAILED_RUN] },
    'GET api/1.0/job-runs/16': FAILED_RUN,
    'GET api/1.0/job-runs/17': RUNNING_RUN,
    'GET api/1.0/job-runs/*/notebook': { cells: [], nbformat: 4 },
    'POST api/1.0/job-runs/*/cancel': { ...JOB_RUN, state: 'TERMINATING' },
    'POST api/2.2/jobs/run-now': { run_id: 18, number_in_job: 18 }
  };
}
