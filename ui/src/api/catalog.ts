import { path } from './transport';
import type { ITransport } from './transport';
import type { IColumnarPage, ICommit, ITable, ITreePage } from './types';

export interface IPreviewQuery {
  version?: number;
  columns?: readonly string[];
  offset?: number;
  limit?: number;
  /** A column's name; a leading minus sorts downwards. */
  sort?: string;
  /** An SQL condition. */
  where?: string;
}

export class CatalogApi {
  constructor(private readonly _transport: ITransport) {}

  /** Children of a catalog, a schema or, with an empty parent, of the workspace. */
  tree(
    parent: string,
    options: { filter?: string; pageToken?: string; maxResults?: number } = {},
    signal?: AbortSignal
  ): Promise<ITreePage> {
    return this._transport.request(path`api/1.0/tree`, {
      query: {
        parent,
        filter: options.filter || undefined,
        max_results: options.maxResults,
        page_token: options.pageToken
      },
      signal
    });
  }

  table(name: string, signal?: AbortSignal): Promise<ITable> {
    return this._transport.request(path`api/1.0/tables/${name}`, { signal });
  }

  preview(
    name: string,
    query: IPreviewQuery,
    signal?: AbortSignal
  ): Promise<IColumnarPage> {
    return this._transport.request(path`api/1.0/tables/${name}/preview`, {
      query: { ...query },
      signal
    });
  }

  async history(
    name: string,
    limit?: number,
    signal?: AbortSignal
  ): Promise<ICommit[]> {
    const answer = await this._transport.request<{ commits: ICommit[] }>(
      path`api/1.0/tables/${name}/history`,
      { query: { limit }, signal }
    );
    return answer.commits;
  }
}
