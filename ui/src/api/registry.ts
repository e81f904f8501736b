import { path } from './transport';
import type { ITransport } from './transport';
import type {
  IActivity,
  IEndpoint,
  IEndpointSummary,
  IGateReport,
  IModel,
  IModelSummary,
  ITraffic
} from './types.registry';

type Version = string | number;

export class ModelsApi {
  constructor(private readonly _transport: ITransport) {}

  async list(signal?: AbortSignal): Promise<IModelSummary[]> {
    const answer = await this._transport.request<{ models: IModelSummary[] }>(
      path`api/1.0/models`,
      { signal }
    );
    return answer.models;
  }

  get(name: string, signal?: AbortSignal): Promise<IModel> {
    return this._transport.request(path`api/1.0/models/${name}`, { signal });
  }

  async activities(
    name: string,
    limit?: number,
    signal?: AbortSignal
  ): Promise<IActivity[]> {
    const answer = await this._transport.request<{ activities: IActivity[] }>(
      path`api/1.0/models/${name}/activities`,
      { query: { limit }, signal }
    );
    return answer.activities;
  }

  gates(
    name: string,
    version: Version,
    to: string,
    signal?: AbortSignal
  ): Promise<IGateReport> {
    return this._transport.request(
      path`api/1.0/models/${name}/versions/${version}/gates`,
      { query: { to }, signal }
    );
  }

  /** A logged model as the next version; the name is made when there is none yet. */
  register(
    name: string,
    body: { model_uri: string; alias?: string; description?: string }
  ): Promise<{ name: string; version: number }> {
    return this._transport.request(path`api/1.0/models/${name}/versions`, {
      method: 'POST',
      body
    });
  }

  request(
    name: string,
    version: Version,
    body: { to: string; comment?: string }
  ): Promise<unknown> {
    return this._transport.request(
      path`api/1.0/models/${name}/versions/${version}/requests`,
      { method: 'POST', body }
    );
  }

  approve(
    name: string,
    version: Version,
    body: { to: string; comment?: string }
  ): Promise<unknown> {
    return this._transport.request(
      path`api/1.0/models/${name}/versions/${version}/approve`,
      { method: 'POST', body }
    );
  }

  reject(
    name: string,
    version: Version,
    body: { to: string; comment?: string }
  ): Promise<unknown> {
    return this._transport.request(
      path`api/1.0/models/${name}/versions/${version}/reject`,
      { method: 'POST', body }
    );
  }
}

export class EndpointsApi {
  constructor(private readonly _transport: ITransport) {}

  async list(signal?: AbortSignal): Promise<IEndpointSummary[]> {
    const answer = await this._transport.request<{
      endpoints: IEndpointSummary[];
    }>(path`api/1.0/endpoints`, { signal });
    return answer.endpoints;
  }

  get(name: string, signal?: AbortSignal): Promise<IEndpoint> {
    return this._transport.request(path`api/1.0/endpoints/${name}`, { signal });
  }

  traffic(
    name: string,
    query: { window?: string; step?: number },
    signal?: AbortSignal
  ): Promise<ITraffic> {
    return this._transport.request(path`api/1.0/endpoints/${name}/traffic`, {
      query,
      signal
    });
  }

  async logs(
    name: string,
    tail: number,
    signal?: AbortSignal
  ): Promise<string[]> {
    const answer = await this._transport.request<{ lines: string[] }>(
      path`api/1.0/endpoints/${name}/logs`,
      { query: { tail }, signal }
    );
    return answer.lines;
  }

  start(name: string): Promise<unknown> {
    return this._transport.request(path`api/1.0/endpoints/${name}/start`, {
      method: 'POST',
      body: {}
    });
  }

  stop(name: string): Promise<unknown> {
    return this._transport.request(path`api/1.0/endpoints/${name}/stop`, {
      method: 'POST',
      body: {}
    });
  }

  /** The platform's own address of an endpoint, not below the native base. */
  invoke(name: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    return this._transport.request(
      path`serving-endpoints/${name}/invocations`,
      { method: 'POST', body, signal }
    );
  }
}
