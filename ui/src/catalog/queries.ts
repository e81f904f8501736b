import type { IPreviewQuery } from '../api/catalog';
import type { IQuery } from '../api/queries';
import type {
  IColumnarPage,
  ICommit,
  IDropped,
  ITable,
  ITreePage,
  NodeGroup
} from '../api/types';

/** A level of the tree: what is below a parent, or one kind of it. */
export interface ITreeLevel {
  parent: string;
  kind?: NodeGroup;
}

const OBJECTS = ['table', 'view', 'volume', 'function', 'model'];

/** What changes a level: what is in a schema changes that schema only. */
function treeSubjects(parent: string): string[] {
  const [catalog, schema] = parent.split('.');
  if (schema !== undefined) {
    const below = [...OBJECTS, 'registered_model', 'model_version'];
    return [...below.map(kind => `${kind}:${parent}.*`), `schema:${parent}`];
  }
  return catalog
    ? [
        `catalog:${catalog}`,
        ...['schema', ...OBJECTS].map(kind => `${kind}:${catalog}.*`)
      ]
    : ['catalog:*', 'schema:*'];
}

/** One page of a level. */
export function treeQuery(
  level: ITreeLevel,
  filter: string,
  pageToken?: string
): IQuery<ITreePage> {
  const { parent, kind } = level;
  return {
    key: ['tree', parent, kind ?? '', filter, pageToken ?? ''],
    subjects: treeSubjects(parent),
    fetch: (api, signal) =>
      api.catalog.tree(parent, { filter, kind, pageToken }, signal)
  };
}

export function trashQuery(): IQuery<IDropped[]> {
  return {
    key: ['trash'],
    subjects: ['catalog', 'schema', ...OBJECTS].map(kind => `${kind}:*`),
    fetch: (api, signal) => api.catalog.trash(signal)
  };
}

export function tableQuery(name: string): IQuery<ITable> {
  return {
    key: ['table', name],
    subjects: [`table:${name}`],
    fetch: (api, signal) => api.catalog.table(name, signal)
  };
}

export function previewQuery(
  name: string,
  query: IPreviewQuery
): IQuery<IColumnarPage> {
  return {
    key: ['preview', name, query],
    // A stated version never changes.
    subjects: query.version === undefined ? [`table:${name}`] : [],
    fetch: (api, signal) => api.catalog.preview(name, query, signal)
  };
}

/** Commits that come with one answer. */
export const HISTORY_PAGE = 200;

export function historyQuery(name: string): IQuery<ICommit[]> {
  return {
    key: ['history', name],
    subjects: [`table:${name}`],
    fetch: (api, signal) =>
      api.catalog.history(name, { limit: HISTORY_PAGE }, signal)
  };
}
