import { path } from './transport';
import type { ITransport } from './transport';
import type { ICompletion, IJournalPage, ISearchPage, IStatus } from './types';

export class WorkspaceApi {
  constructor(private readonly _transport: ITransport) {}

  status(signal?: AbortSignal): Promise<IStatus> {
    return this._transport.request(path`api/1.0/status`, { signal });
  }

  /** Events after the given id, oldest first; `gap` when some are no longer told one by one. */
  journal(
    after: number,
    limit = 500,
    signal?: AbortSignal
  ): Promise<IJournalPage> {
    return this._transport.request(path`api/1.0/journal`, {
      query: { after, limit },
      signal
    });
  }

  /** What a screen remembers for the caller under a key; undefined when nothing. */
  async remembered<T>(
    key: string,
    signal?: AbortSignal
  ): Promise<T | undefined> {
    const answer = await this._transport.request<{ value?: T }>(
      path`api/1.0/me/state/${key}`,
      { signal }
    );
    return answer.value;
  }

  remember(key: string, value: unknown): Promise<void> {
    return this._transport.request(path`api/1.0/me/state/${key}`, {
      method: 'PUT',
      body: { value }
    });
  }

  /** Objects, columns, features, runs, models, … by name, comment or tag. */
  search(
    q: string,
    options: { types?: readonly string[]; pageToken?: string } = {},
    signal?: AbortSignal
  ): Promise<ISearchPage> {
    return this._transport.request(path`api/1.0/search`, {
      query: { q, types: options.types, page_token: options.pageToken },
      signal
    });
  }

  /** What may follow at the cursor; all positions in code points. */
  complete(
    body: {
      language: 'sql' | 'magic' | 'runs-filter';
      text: string;
      cursor: number;
      notebook_path?: string;
    },
    signal?: AbortSignal
  ): Promise<ICompletion> {
    return this._transport.request(path`api/1.0/complete`, {
      method: 'POST',
      body,
      signal
    });
  }
}
