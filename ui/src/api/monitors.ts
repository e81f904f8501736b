import { path } from './transport';
import type { ITransport } from './transport';
import type {
  IDrift,
  IJob,
  IJobRun,
  IJobRunSummary,
  IMonitor,
  IMonitorSeries,
  IMonitorSummary
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

  async runs(limit?: number, signal?: AbortSignal): Promise<IJobRunSummary[]> {
    const answer = await this._transport.request<{ runs: IJobRunSummary[] }>(
      path`api/1.0/job-runs`,
      { query: { limit }, signal }
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
