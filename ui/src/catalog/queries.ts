import type { IPreviewQuery } from '../api/catalog';
import type { IQuery } from '../api/queries';
import type { IColumnarPage, ICommit, ITable, ITreeNode } from '../api/types';

export interface IChildren {
  nodes: ITreeNode[];
  /** There are more than were asked for. */
  more: boolean;
}

const SUBJECTS = ['catalog:*', 'schema:*', 'table:*'];

/** Children of a node, as many pages as were opened. */
export function childrenQuery(
  parent: string,
  filter: string,
  pages: number
): IQuery<IChildren> {
  return {
    key: ['tree', parent, filter, pages],
    subjects: SUBJECTS,
    fetch: async (api, signal) => {
      const nodes: ITreeNode[] = [];
      let pageToken: string | undefined;
      for (let page = 0; page < pages; page++) {
        const answer = await api.catalog.tree(
          parent,
          { filter, pageToken },
          signal
        );
        nodes.push(...answer.nodes);
        pageToken = answer.next_page_token;
        if (!pageToken) {
          break;
        }
      }
      return { nodes, more: pageToken !== undefined };
    }
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

export function historyQuery(name: string): IQuery<ICommit[]> {
  return {
    key: ['history', name],
    subjects: [`table:${name}`],
    fetch: (api, signal) => api.catalog.history(name, 200, signal)
  };
}
