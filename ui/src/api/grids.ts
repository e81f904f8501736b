import { path } from './transport';
import type { IFile, ITransport } from './transport';
import type { Cell } from './types';
import type {
  IDrill,
  IDrillFilter,
  IDrillResult,
  IProfile
} from './types.explore';

export interface IGridInfo {
  id: string;
  name?: string;
  rows: number;
  columns: string[];
  types: string[];
  /** Rows that can be scrolled to. */
  shown: number;
}

export interface IGridSort {
  column: string;
  down?: boolean;
}

/** Which rows of a grid, in which order. */
export interface IGridQuery {
  filters?: readonly IDrillFilter[];
  search?: string;
  sort?: readonly IGridSort[];
  offset?: number;
  limit?: number;
}

export interface IGridBlock {
  columns: string[];
  types: string[];
  rows: Cell[][];
  offset: number;
  total: number;
  seconds?: number;
}

/** Frames of a kernel: only that kernel answers for them. */
export class GridsApi {
  constructor(private readonly _transport: ITransport) {}

  get(id: string, signal?: AbortSignal): Promise<IGridInfo> {
    return this._transport.request(path`api/1.0/explore/grids/${id}`, {
      signal
    });
  }

  rows(
    id: string,
    query: IGridQuery,
    signal?: AbortSignal
  ): Promise<IGridBlock> {
    return this._transport.request(path`api/1.0/explore/grids/${id}/rows`, {
      method: 'POST',
      body: query,
      signal
    });
  }

  drill(
    id: string,
    question: IDrill,
    signal?: AbortSignal
  ): Promise<IDrillResult> {
    return this._transport.request(path`api/1.0/explore/grids/${id}/drill`, {
      method: 'POST',
      body: question,
      signal
    });
  }

  profile(id: string, signal?: AbortSignal): Promise<IProfile> {
    return this._transport.request(path`api/1.0/explore/grids/${id}/profile`, {
      method: 'POST',
      body: {},
      signal
    });
  }

  /** All rows of a query as a file. */
  async file(
    id: string,
    format: 'csv' | 'parquet',
    query: IGridQuery
  ): Promise<IFile> {
    if (!this._transport.file) {
      throw new Error('Files of a kernel come over its comm.');
    }
    return this._transport.file(path`api/1.0/explore/grids/${id}/download`, {
      query: { format, query: JSON.stringify(query) }
    });
  }
}
