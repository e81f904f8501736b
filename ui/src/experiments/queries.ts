import type { IQuery } from '../api/queries';
import type { IExperiment, IRun, IScope } from '../api/types';

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

export function runQuery(runId: string): IQuery<IRun> {
  return {
    key: ['run', runId],
    subjects: [`run:${runId}`],
    fetch: (api, signal) => api.runs.get(runId, signal)
  };
}
