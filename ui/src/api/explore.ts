import { path } from './transport';
import type { ITransport } from './transport';
import type {
  IComparisonQuery,
  IDataComparison,
  IDrill,
  IDrillResult,
  IFinding,
  IProfile,
  IProfileInfo,
  IProfileQuery
} from './types.explore';

/** Profiles of tables, their findings, and questions about the rows behind them. */
export class ExploreApi {
  constructor(private readonly _transport: ITransport) {}

  /** Stored profiles of a table or view, newest first. */
  profiles(
    source: string,
    signal?: AbortSignal
  ): Promise<{ profiles: IProfileInfo[]; next_page_token?: string }> {
    return this._transport.request(path`api/1.0/explore/profiles`, {
      query: { source },
      signal
    });
  }

  /** A finished profile; not found while it is being made. */
  profile(id: string, signal?: AbortSignal): Promise<IProfile> {
    return this._transport.request(path`api/1.0/explore/profiles/${id}`, {
      signal
    });
  }

  /** Begin a profile; its progress is told of `profile:<id>`. */
  start(query: IProfileQuery): Promise<{ id: string }> {
    return this._transport.request(path`api/1.0/explore/profiles`, {
      method: 'POST',
      body: query
    });
  }

  /** Begin a comparison of two sources; its progress is told of `profile:<id>`, too. */
  compare(query: IComparisonQuery): Promise<{ id: string }> {
    return this._transport.request(path`api/1.0/explore/profiles/compare`, {
      method: 'POST',
      body: query
    });
  }

  /** A finished comparison. */
  comparison(id: string, signal?: AbortSignal): Promise<IDataComparison> {
    return this._transport.request(path`api/1.0/explore/comparisons/${id}`, {
      signal
    });
  }

  stop(id: string): Promise<unknown> {
    return this._transport.request(path`api/1.0/explore/profiles/${id}/stop`, {
      method: 'POST',
      body: {}
    });
  }

  remove(id: string): Promise<unknown> {
    return this._transport.request(path`api/1.0/explore/profiles/${id}`, {
      method: 'DELETE'
    });
  }

  /** Dismiss a finding, with the reason for it, or open it again. */
  decide(
    id: string,
    finding: string,
    decision: { state: 'open' | 'dismissed'; reason?: string }
  ): Promise<IFinding> {
    return this._transport.request(
      path`api/1.0/explore/profiles/${id}/findings/${finding}`,
      { method: 'PATCH', body: decision }
    );
  }

  drill(
    id: string,
    question: IDrill,
    signal?: AbortSignal
  ): Promise<IDrillResult> {
    return this._transport.request(path`api/1.0/explore/profiles/${id}/drill`, {
      method: 'POST',
      body: question,
      signal
    });
  }
}
