import { path } from './transport';
import type { ITransport } from './transport';
import type {
  IDecision,
  IDrift,
  IJob,
  IJobRun,
  IJobRunSummary,
  IMonitor,
  IMonitorSeries,
  IMonitorSummary,
  INotebookCheck
} from './types.monitors';

type Id = string | number;

export class MonitorsApi {
  constructor(private readonly _transport: ITransport) {}

  async list(signal?: AbortSignal): Promise<IMonitorSummary[]> {
    const answer = await this._transport.request<{
      monitors: IMonitorSummary[];
    }>(path`api/1.0/monitors`, { signal });
    return answer.monitors;
  }

  get(table: string, signal?: AbortSignal): Promise<IMonitor> {
    return this._transport.request(path`api/1.0/monitors/${table}`, { signal });
  }

  drift(
    table: string,
    query: { metric?: string; granularity?: string },
    signal?: AbortSignal
  ): Promise<IDrift> {
    return this._transport.request(path`api/1.0/monitors/${table}/drift`, {
      query,
      signal
    });
  }

  series(
    table: string,
    query: { metric: string; column?: string; granularity?: string },
    signal?: AbortSignal
  ): Promise<IMonitorSeries> {
    return this._transport.request(path`api/1.0/monitors/${table}/series`, {
      query,
      signal
    });
  }

  refresh(table: string): Promise<{ refresh_id: Id; state: string }> {
    return this._transport.request(path`api/1.0/monitors/${table}/refresh`, {
      method: 'POST',
      body: {}
    });
  }

  /** Switch an alert on or off. */
  enableAlert(id: string, enabled: boolean): Promise<unknown> {
    const route = enabled
      ? path`api/1.0/monitors/alerts/${id}/enable`
      : path`api/1.0/monitors/alerts/${id}/disable`;
    return this._transport.request(route, { method: 'POST', body: {} });
  }

  /** Decide, on record, whether the model is to be trained again. */
  decide(table: string): Promise<IDecision> {
    return this._transport.request(
      path`api/1.0/monitors/${table}/decide-retraining`,
      { method: 'POST', body: {} }
    );
  }
}

export class JobsApi {
  constructor(private readonly _transport: ITransport) {}

  async list(signal?: AbortSignal): Promise<IJob[]> {
    const answer = await this._transport.request<{ jobs: IJob[] }>(
      path`api/1.0/jobs`,
      { signal }
    );
    return answer.jobs;
  }

  async runs(
    query: { limit?: number; job_id?: number | string } = {},
    signal?: AbortSignal
  ): Promise<IJobRunSummary[]> {
    const answer = await this._transport.request<{ runs: IJobRunSummary[] }>(
      path`api/1.0/job-runs`,
      { query, signal }
    );
    return answer.runs;
  }

  run(runId: Id, signal?: AbortSignal): Promise<IJobRun> {
    return this._transport.request(path`api/1.0/job-runs/${runId}`, { signal });
  }

  cancel(runId: Id): Promise<unknown> {
    return this._transport.request(path`api/1.0/job-runs/${runId}/cancel`, {
      method: 'POST',
      body: {}
    });
  }

  /** Run a job again with the parameters it has. */
  runNow(jobId: Id): Promise<{ run_id: Id }> {
    return this._transport.request(path`api/2.2/jobs/run-now`, {
      method: 'POST',
      body: { job_id: jobId }
    });
  }

  /** Whether a saved notebook can become a job, and which parameters it offers. */
  check(notebook: string): Promise<INotebookCheck> {
    return this._transport.request(path`api/1.0/jobs/check`, {
      query: { path: notebook }
    });
  }

  /** The executed notebook as JSON. */
  notebook(runId: Id, signal?: AbortSignal): Promise<unknown> {
    return this._transport.request(path`api/1.0/job-runs/${runId}/notebook`, {
      signal
    });
  }

  exportNotebook(body: {
    path: string;
    name?: string;
    parameters?: Record<string, unknown>;
    run_now?: boolean;
  }): Promise<{ job_id: Id; run_id?: Id }> {
    return this._transport.request(path`api/1.0/jobs/from-notebook`, {
      method: 'POST',
      body
    });
  }
}
