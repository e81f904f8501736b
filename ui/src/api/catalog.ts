import { path } from './transport';
import type { ITransport } from './transport';
import type { IColumnFilter } from './types.tables';
import type {
  IColumnarPage,
  ICommit,
  IDropped,
  IObjectAddress,
  ITable,
  ITreePage,
  NodeGroup,
  NodeKind
} from './types';

export interface IPreviewQuery {
  version?: number;
  columns?: readonly string[];
  offset?: number;
  limit?: number;
  /** A column's name; a leading minus sorts downwards. */
  sort?: string;
  /** An SQL condition. */
  where?: string;
  /** Conditions by column, all of which hold. */
  filters?: readonly IColumnFilter[];
}

export class CatalogApi {
  constructor(private readonly _transport: ITransport) {}

  /** Children of a catalog, a schema or, with an empty parent, of the workspace. */
  tree(
    parent: string,
    options: {
      filter?: string;
      kind?: NodeGroup;
      pageToken?: string;
      maxResults?: number;
    } = {},
    signal?: AbortSignal
  ): Promise<ITreePage> {
    return this._transport.request(path`api/1.0/tree`, {
      query: {
        parent,
        filter: options.filter || undefined,
        kind: options.kind,
        max_results: options.maxResults,
        page_token: options.pageToken
      },
      signal
    });
  }

  /** What was dropped and can come back, newest first. */
  async trash(signal?: AbortSignal): Promise<IDropped[]> {
    const answer = await this._transport.request<{ items: IDropped[] }>(
      path`api/1.0/trash`,
      { signal }
    );
    return answer.items;
  }

  create(
    kind: 'catalog' | 'schema' | 'volume',
    name: string,
    comment?: string
  ): Promise<IObjectAddress> {
    return this._transport.request(path`api/1.0/objects`, {
      method: 'POST',
      body: { kind, name, comment }
    });
  }

  rename(
    kind: NodeKind,
    name: string,
    newName: string
  ): Promise<IObjectAddress> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/rename`,
      { method: 'POST', body: { new_name: newName } }
    );
  }

  /** Into the trash; `cascade` takes along what is in it. */
  drop(kind: NodeKind, name: string, cascade = false): Promise<void> {
    return this._transport.request(path`api/1.0/objects/${kind}/${name}`, {
      method: 'DELETE',
      query: { cascade: cascade || undefined }
    });
  }

  undrop(kind: NodeKind, name: string): Promise<IObjectAddress> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/undrop`,
      { method: 'POST' }
    );
  }

  /** `expected` is the comment that was seen: another one since then is not overwritten. */
  comment(
    kind: NodeKind,
    name: string,
    text: string,
    expected?: string
  ): Promise<void> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/comment`,
      { method: 'PUT', body: { text, expected } }
    );
  }

  tag(kind: NodeKind, name: string, key: string, value: string): Promise<void> {
    return this._transport.request(path`api/1.0/objects/${kind}/${name}/tags`, {
      method: 'PUT',
      body: { key, value }
    });
  }

  certify(
    kind: NodeKind,
    name: string,
    status: 'certified' | 'deprecated' | null
  ): Promise<void> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/certification`,
      { method: 'PUT', body: { status } }
    );
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
      query: {
        ...query,
        filters: query.filters?.map(one => JSON.stringify(one))
      },
      signal
    });
  }

  async history(
    name: string,
    /** The newest commits, or the newest of those before a version. */
    page: { limit?: number; before?: number } = {},
    signal?: AbortSignal
  ): Promise<ICommit[]> {
    const answer = await this._transport.request<{ commits: ICommit[] }>(
      path`api/1.0/tables/${name}/history`,
      { query: { ...page }, signal }
    );
    return answer.commits;
  }
}
