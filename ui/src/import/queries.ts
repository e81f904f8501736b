import type { IQuery } from '../api/queries';
import type {
  IIngestOptions,
  IIngestPlan,
  IIngestRun,
  IngestMode
} from '../api/types.ingest';

/** What is asked of a load before it starts. */
export interface IPlanRequest {
  source: readonly string[];
  name?: string;
  mode: IngestMode;
  options: IIngestOptions;
}

export function planQuery(request: IPlanRequest): IQuery<IIngestPlan> {
  return {
    key: ['ingest-plan', request],
    // Whether the table is there, and what columns it has.
    subjects: request.name ? [`table:${request.name}`] : [],
    fetch: (api, signal) => api.ingest.preview(request, signal)
  };
}

export function runQuery(id: string): IQuery<IIngestRun> {
  return {
    key: ['ingest', id],
    subjects: [`ingest:${id}`],
    fetch: (api, signal) => api.ingest.get(id, signal)
  };
}
