import { path } from './transport';
import type { ITransport } from './transport';
import type {
  Certification,
  IComparison,
  IGrantChange,
  IGrants,
  IInsights,
  ILineage,
  IObjectInfo,
  ITableSummary,
  ITag,
  LineageLevel
} from './types.tables';

export interface ILineageQuery {
  direction?: 'both' | 'upstream' | 'downstream';
  depth?: number;
  level?: LineageLevel;
  column?: string;
  /** Cells, notebooks and jobs as nodes of their own. */
  processes?: boolean;
}

/** What a table's page asks and changes beyond rows and history. */
export class TablesApi {
  constructor(private readonly _transport: ITransport) {}

  /** What differs on the way from one version to another. */
  compare(
    name: string,
    before: number,
    after: number,
    options: { by?: 'key' | 'rows'; key?: readonly string[] } = {},
    signal?: AbortSignal
  ): Promise<IComparison> {
    return this._transport.request(path`api/1.0/tables/${name}/compare`, {
      query: { versions: `${before},${after}`, ...options },
      signal
    });
  }

  restore(name: string, version: number): Promise<unknown> {
    return this._transport.request(path`api/1.0/tables/${name}/restore`, {
      method: 'POST',
      body: { version }
    });
  }

  /** Figures of the columns; of all unless some are named. */
  profile(
    name: string,
    options: { version?: number; columns?: readonly string[] } = {},
    signal?: AbortSignal
  ): Promise<ITableSummary> {
    return this._transport.request(path`api/1.0/tables/${name}/profile`, {
      query: { ...options },
      signal
    });
  }

  object(
    kind: string,
    name: string,
    signal?: AbortSignal
  ): Promise<IObjectInfo> {
    return this._transport.request(path`api/1.0/objects/${kind}/${name}`, {
      signal
    });
  }

  /** `expected` is the text that was seen: another one by now is a conflict (412). */
  setComment(
    kind: string,
    name: string,
    change: { text: string; column?: string; expected?: string }
  ): Promise<unknown> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/comment`,
      { method: 'PUT', body: change }
    );
  }

  setTag(kind: string, name: string, tag: ITag): Promise<unknown> {
    return this._transport.request(path`api/1.0/objects/${kind}/${name}/tags`, {
      method: 'PUT',
      body: tag
    });
  }

  unsetTag(
    kind: string,
    name: string,
    key: string,
    column?: string
  ): Promise<unknown> {
    return this._transport.request(path`api/1.0/objects/${kind}/${name}/tags`, {
      method: 'DELETE',
      query: { key, column }
    });
  }

  certify(
    kind: string,
    name: string,
    status: Certification | null
  ): Promise<unknown> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/certification`,
      { method: 'PUT', body: { status } }
    );
  }

  grants(kind: string, name: string, signal?: AbortSignal): Promise<IGrants> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/grants`,
      { signal }
    );
  }

  changeGrants(
    kind: string,
    name: string,
    changes: readonly IGrantChange[]
  ): Promise<IGrants> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/grants`,
      { method: 'POST', body: { changes } }
    );
  }

  setOwner(kind: string, name: string, owner: string): Promise<unknown> {
    return this._transport.request(
      path`api/1.0/objects/${kind}/${name}/owner`,
      { method: 'POST', body: { owner } }
    );
  }

  lineage(
    kind: string,
    name: string,
    query: ILineageQuery = {},
    signal?: AbortSignal
  ): Promise<ILineage> {
    return this._transport.request(path`api/1.0/lineage/${kind}/${name}`, {
      query: { ...query },
      signal
    });
  }

  /** Run events in OpenLineage's form. */
  openLineage(kind: string, name: string): Promise<unknown> {
    return this._transport.request(
      path`api/1.0/lineage/${kind}/${name}/openlineage`
    );
  }

  insights(
    name: string,
    days: number,
    signal?: AbortSignal
  ): Promise<IInsights> {
    return this._transport.request(path`api/1.0/tables/${name}/insights`, {
      query: { days },
      signal
    });
  }
}
