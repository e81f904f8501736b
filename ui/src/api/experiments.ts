import { path } from './transport';
import type { ITransport } from './transport';
import type { IExperiment, IScope } from './types';

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
}
