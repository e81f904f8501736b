import { path } from './transport';
import type { ITransport } from './transport';
import type {
  IColumnarPage,
  IExperiment,
  IRun,
  IRunColumn,
  IRunsQuery,
  IScope
} from './types';

export class ExperimentsApi {
  constructor(private readonly _transport: ITransport) {}

  async list(signal?: AbortSignal): Promise<IExperiment[]> {
    const answer = await this._transport.request<{
      experiments: IExperiment[];
    }>(path`api/1.0/experiments`, { signal });
    return answer.experiments;
  }

  /** The newest version of every scope card: they name the metrics that count. */
  async scopes(signal?: AbortSignal): Promise<IScope[]> {
    const answer = await this._transport.request<{ scopes: IScope[] }>(
      path`api/1.0/scopes`,
      { signal }
    );
    return answer.scopes;
  }

  columns(
    experimentId: string,
    signal?: AbortSignal
  ): Promise<{ columns: IRunColumn[]; truncated: boolean }> {
    return this._transport.request(
      path`api/1.0/experiments/${experimentId}/columns`,
      { signal }
    );
  }

  /** A block of runs by column; row ids are run ids. */
  runs(query: IRunsQuery, signal?: AbortSignal): Promise<IColumnarPage> {
    return this._transport.request(path`api/1.0/runs/query`, {
      method: 'POST',
      body: query,
      signal
    });
  }

  run(runId: string, signal?: AbortSignal): Promise<IRun> {
    return this._transport.request(path`api/1.0/runs/${runId}`, { signal });
  }
}
