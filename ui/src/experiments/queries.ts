import type { IQuery } from '../api/queries';
import type {
  IColumnarPage,
  IExperiment,
  IRun,
  IRunColumn,
  IRunsQuery,
  IScope
} from '../api/types';

export function experimentsQuery(): IQuery<IExperiment[]> {
  return {
    key: ['experiments'],
    subjects: ['experiment:*', 'run:*'],
    fetch: (api, signal) => api.experiments.list(signal)
  };
}

export function scopesQuery(): IQuery<IScope[]> {
  return {
    key: ['scopes'],
    subjects: ['scope:*'],
    fetch: (api, signal) => api.experiments.scopes(signal)
  };
}

export function runColumnsQuery(
  experimentId: string
): IQuery<{ columns: IRunColumn[]; truncated: boolean }> {
  return {
    key: ['experiments', experimentId, 'columns'],
    subjects: ['run:*'],
    fetch: (api, signal) => api.experiments.columns(experimentId, signal)
  };
}

export function runsQuery(query: IRunsQuery): IQuery<IColumnarPage> {
  return {
    key: ['runs', query],
    subjects: ['experiment:*', 'run:*'],
    fetch: (api, signal) => api.experiments.runs(query, signal)
  };
}

export function runQuery(runId: string): IQuery<IRun> {
  return {
    key: ['run', runId],
    subjects: [`run:${runId}`],
    fetch: (api, signal) => api.experiments.run(runId, signal)
  };
}
