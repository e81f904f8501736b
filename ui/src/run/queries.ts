import type { IQuery } from '../api/queries';
import type {
  IEvaluationResult,
  IModelCard,
  IModelComparison
} from '../api/types.evaluation';
import type {
  IBackgroundInfo,
  INotebookFile,
  INotebookRuns,
  IReplayReport,
  IRunSourceCode
} from '../api/types.replay';
import type { IGateReport } from '../api/types.registry';

export function notebookRunsQuery(path: string): IQuery<INotebookRuns> {
  return {
    key: ['runs', 'notebook', path],
    subjects: ['run:*', 'experiment:*'],
    fetch: (api, signal) => api.runs.ofNotebook(path, signal)
  };
}

export function sourceQuery(runId: string): IQuery<IRunSourceCode> {
  return {
    key: ['run', runId, 'source'],
    subjects: [`run:${runId}`],
    fetch: (api, signal) => api.runs.source(runId, signal)
  };
}

/** A notebook as it was never changes. */
export function notebookQuery(runId: string): IQuery<INotebookFile> {
  return {
    key: ['run', runId, 'notebook'],
    subjects: [],
    fetch: (api, signal) => api.runs.notebook(runId, signal)
  };
}

export function comparisonsQuery(runId: string): IQuery<IModelComparison[]> {
  return {
    key: ['run', runId, 'comparisons'],
    subjects: [`run:${runId}`],
    fetch: (api, signal) => api.runs.comparisons(runId, signal)
  };
}

export function replaysQuery(runId: string): IQuery<IReplayReport[]> {
  return {
    key: ['run', runId, 'replays'],
    // A replay ends under its own run's name.
    subjects: ['run:*', 'replay:*'],
    fetch: (api, signal) => api.runs.replays(runId, signal)
  };
}

export function backgroundQuery(runId: string): IQuery<IBackgroundInfo> {
  return {
    key: ['run', runId, 'background'],
    subjects: [`run:${runId}`],
    fetch: (api, signal) => api.runs.backgroundInfo(runId, signal)
  };
}

export function evaluationsQuery(runId: string): IQuery<IEvaluationResult[]> {
  return {
    key: ['run', runId, 'evaluations'],
    subjects: [`run:${runId}`],
    fetch: (api, signal) => api.runs.evaluations(runId, signal)
  };
}

export function cardQuery(runId: string): IQuery<IModelCard> {
  return {
    key: ['run', runId, 'card'],
    subjects: [`run:${runId}`, 'scope:*'],
    fetch: (api, signal) => api.runs.card(runId, signal)
  };
}

export function gatesQuery(runId: string): IQuery<IGateReport> {
  return {
    key: ['run', runId, 'gates'],
    subjects: [`run:${runId}`, 'scope:*'],
    fetch: (api, signal) => api.runs.gates(runId, undefined, signal)
  };
}
