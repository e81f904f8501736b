import type { IQuery } from '../api/queries';
import type {
  IGateReport,
  IHoldout,
  ILook,
  IScopeCard,
  IScopeTemplate
} from '../api/types.scope';

export function cardsQuery(): IQuery<IScopeCard[]> {
  return {
    key: ['scope-cards'],
    subjects: ['scope:*'],
    fetch: (api, signal) => api.scopes.list(signal)
  };
}

export function cardQuery(name: string): IQuery<IScopeCard> {
  return {
    key: ['scope-cards', name],
    subjects: [`scope:${name}`],
    fetch: (api, signal) => api.scopes.get(name, undefined, signal)
  };
}

export function versionsQuery(name: string): IQuery<IScopeCard[]> {
  return {
    key: ['scope-cards', name, 'history'],
    subjects: [`scope:${name}`],
    fetch: (api, signal) => api.scopes.history(name, signal)
  };
}

export function templateQuery(problem: string): IQuery<IScopeTemplate> {
  return {
    key: ['scope-template', problem],
    subjects: [],
    fetch: (api, signal) => api.scopes.template(problem, signal)
  };
}

export function checkQuery(name: string, runId: string): IQuery<IGateReport> {
  return {
    key: ['scope-check', name, runId],
    subjects: [`scope:${name}`, `run:${runId}`],
    fetch: (api, signal) => api.scopes.check(name, runId, signal)
  };
}

export function holdoutsQuery(): IQuery<IHoldout[]> {
  return {
    key: ['holdouts'],
    // A look is told of the table, a declaration of the card.
    subjects: ['table:*', 'scope:*', 'holdout:*'],
    fetch: (api, signal) => api.holdouts.list(signal)
  };
}

export function looksQuery(holdout: IHoldout): IQuery<ILook[]> {
  return {
    key: ['holdouts', holdout.id, 'looks', holdout.looks_used],
    subjects: [`table:${holdout.table_name}`, `holdout:${holdout.id}`],
    fetch: (api, signal) => api.holdouts.looks(holdout.id, signal)
  };
}
