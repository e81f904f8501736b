/** Reads of the runs page. */
import type { IQuery } from '../api/queries';
import type { IColumnarPage } from '../api/types';
import type {
  ICurveList,
  IFrameQuery,
  IRunBlock,
  IRunColumns,
  IRunFrame,
  IRunSearch,
  ISeriesQuery,
  IUsage,
  RunColumnKind
} from '../api/types.runs';

const SUBJECTS = ['experiment:*', 'run:*'];

/** A block of runs; `as_of` and the rest of the answer as the server gives them. */
export function runBlockQuery(search: IRunSearch): IQuery<IRunBlock> {
  return {
    key: ['runs', 'block', search],
    subjects: SUBJECTS,
    fetch: (api, signal) => api.runs.query(search, signal)
  };
}

/** Columns whose name holds a text. */
export function runColumnSearch(
  experimentId: string,
  q: string,
  kind?: RunColumnKind
): IQuery<IRunColumns> {
  return {
    key: ['experiments', experimentId, 'columns', q, kind ?? ''],
    subjects: ['run:*'],
    fetch: (api, signal) => api.runs.columns(experimentId, q, kind, signal)
  };
}

export function frameQuery(query: IFrameQuery): IQuery<IRunFrame> {
  return {
    key: ['runs', 'frame', query],
    subjects: SUBJECTS,
    fetch: (api, signal) => api.runs.frame(query, signal)
  };
}

/** So many of the runs as a frame: what a page of the table holds. */
export function newestQuery(search: IRunSearch): IQuery<IRunFrame> {
  return {
    key: ['runs', 'newest', search],
    subjects: SUBJECTS,
    fetch: async (api, signal) => {
      const page: IColumnarPage = await api.runs.query(search, signal);
      return {
        ids: page.ids,
        columns: page.columns,
        total: page.total,
        sampled: false
      };
    }
  };
}

export function seriesQuery(query: ISeriesQuery): IQuery<ICurveList> {
  return {
    key: ['runs', 'series', query],
    subjects: query.run_ids.map(id => `run:${id}`),
    fetch: (api, signal) => api.runs.series(query, signal)
  };
}

export function usageQuery(experimentId: string): IQuery<IUsage> {
  return {
    key: ['experiments', experimentId, 'usage'],
    subjects: SUBJECTS,
    fetch: (api, signal) => api.runs.usage(experimentId, signal)
  };
}
