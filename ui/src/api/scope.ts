import { path } from './transport';
import type { ITransport } from './transport';
import type {
  IGateReport,
  IHoldout,
  ILook,
  IScopeCard,
  IScopeTemplate,
  ScopeCard
} from './types.scope';

/** Scope cards: what a model is for, in versions that people sign. */
export class ScopesApi {
  constructor(private readonly _transport: ITransport) {}

  /** The newest version of every card. */
  async list(signal?: AbortSignal): Promise<IScopeCard[]> {
    const answer = await this._transport.request<{ scopes: IScopeCard[] }>(
      path`api/1.0/scopes`,
      { signal }
    );
    return answer.scopes;
  }

  get(
    name: string,
    version?: number,
    signal?: AbortSignal
  ): Promise<IScopeCard> {
    return this._transport.request(path`api/1.0/scopes/${name}`, {
      query: { version },
      signal
    });
  }

  /** All versions of a card, the newest first. */
  async history(name: string, signal?: AbortSignal): Promise<IScopeCard[]> {
    const answer = await this._transport.request<{ scopes: IScopeCard[] }>(
      path`api/1.0/scopes/${name}/history`,
      { signal }
    );
    return [...answer.scopes].sort((a, b) => b.version - a.version);
  }

  /** Write a card: a new version of the one it replaces (0 for a new card), unless nothing differs. */
  put(name: string, body: ScopeCard, replaces: number): Promise<IScopeCard> {
    return this._transport.request(path`api/1.0/scopes/${name}`, {
      method: 'PUT',
      body: { body, replaces }
    });
  }

  template(problem: string, signal?: AbortSignal): Promise<IScopeTemplate> {
    return this._transport.request(path`api/1.0/scopes/templates/${problem}`, {
      signal
    });
  }

  sign(
    name: string,
    signature: {
      role: string;
      decision: 'approve' | 'reject';
      comment: string;
    }
  ): Promise<IScopeCard> {
    return this._transport.request(path`api/1.0/scopes/${name}/sign`, {
      method: 'POST',
      body: signature
    });
  }

  retire(name: string): Promise<IScopeCard> {
    return this._transport.request(path`api/1.0/scopes/${name}/retire`, {
      method: 'POST',
      body: {}
    });
  }

  /** What a run does of what the card asks. */
  check(
    name: string,
    runId: string,
    signal?: AbortSignal
  ): Promise<IGateReport> {
    return this._transport.request(path`api/1.0/scopes/${name}/check`, {
      query: { run_id: runId },
      signal
    });
  }
}

/** Rows kept back for the final test, and who looked at them. */
export class HoldoutsApi {
  constructor(private readonly _transport: ITransport) {}

  async list(signal?: AbortSignal): Promise<IHoldout[]> {
    const answer = await this._transport.request<{ holdouts: IHoldout[] }>(
      path`api/1.0/holdouts`,
      { signal }
    );
    return answer.holdouts;
  }

  async looks(id: string, signal?: AbortSignal): Promise<ILook[]> {
    const answer = await this._transport.request<{ looks: ILook[] }>(
      path`api/1.0/holdouts/${id}/looks`,
      { signal }
    );
    return answer.looks;
  }

  /** Allow further looks; needs a signer of the card, and a reason. */
  renew(
    id: string,
    change: { looks: number; reason: string }
  ): Promise<IHoldout> {
    return this._transport.request(path`api/1.0/holdouts/${id}/renew`, {
      method: 'POST',
      body: change
    });
  }

  retire(id: string): Promise<IHoldout> {
    return this._transport.request(path`api/1.0/holdouts/${id}/retire`, {
      method: 'POST',
      body: {}
    });
  }
}
