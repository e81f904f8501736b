import type { IQuery } from '../api/queries';
import type {
  IActivity,
  IEndpoint,
  IEndpointSummary,
  IGateReport,
  IModel,
  IModelSummary,
  ITraffic
} from '../api/types.registry';

const MODEL_SUBJECTS = ['model:*', 'model_version:*'];

function modelSubjects(name: string): string[] {
  return [`model:${name}`, `model_version:${name}/*`];
}

export function modelsQuery(): IQuery<IModelSummary[]> {
  return {
    key: ['models'],
    subjects: MODEL_SUBJECTS,
    fetch: (api, signal) => api.models.list(signal)
  };
}

export function modelQuery(name: string): IQuery<IModel> {
  return {
    key: ['model', name],
    subjects: modelSubjects(name),
    fetch: (api, signal) => api.models.get(name, signal)
  };
}

export function activitiesQuery(name: string): IQuery<IActivity[]> {
  return {
    key: ['model', name, 'activities'],
    subjects: modelSubjects(name),
    fetch: (api, signal) => api.models.activities(name, 100, signal)
  };
}

export function gatesQuery(
  name: string,
  version: number | string,
  to: string
): IQuery<IGateReport> {
  return {
    key: ['model', name, 'gates', version, to],
    subjects: [...modelSubjects(name), 'scope:*', 'run:*'],
    fetch: (api, signal) => api.models.gates(name, version, to, signal)
  };
}

export function endpointsQuery(): IQuery<IEndpointSummary[]> {
  return {
    key: ['endpoints'],
    subjects: ['endpoint:*'],
    fetch: (api, signal) => api.endpoints.list(signal)
  };
}

export function endpointQuery(name: string): IQuery<IEndpoint> {
  return {
    key: ['endpoint', name],
    subjects: [`endpoint:${name}`],
    fetch: (api, signal) => api.endpoints.get(name, signal)
  };
}

export function trafficQuery(
  name: string,
  window: string,
  step: number
): IQuery<ITraffic> {
  return {
    key: ['endpoint', name, 'traffic', window, step],
    subjects: [`endpoint:${name}`],
    fetch: (api, signal) =>
      api.endpoints.traffic(name, { window, step }, signal)
  };
}

export function logsQuery(name: string): IQuery<string[]> {
  return {
    key: ['endpoint', name, 'logs'],
    subjects: [`endpoint:${name}`],
    fetch: (api, signal) => api.endpoints.logs(name, 400, signal)
  };
}
