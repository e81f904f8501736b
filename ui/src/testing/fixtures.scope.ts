/** A scope card with its versions, its hold-out and the looks taken at it. */
import { ApiError } from '../api/errors';
import type {
  IHoldout,
  ILook,
  IScopeCard,
  ScopeCard
} from '../api/types.scope';
import type { FakeRoutes, IFakeRequest } from './fakeServer';
import { PROFILE } from './fixtures.explore';

const NOW = PROFILE.created_at;
const DAY = 86_400_000;

export const CARD: ScopeCard = {
  target: {
    table: 'main.raw.flights',
    column: 'late',
    positive: true,
    event_time: 'sched_dep_time'
  },
  problem: 'classification',
  data: {
    inputs: ['main.raw.flights', 'main.raw.weather'],
    min_rows: 50_000,
    forbidden: ['dep_delay', 'arr_time', 'arr_delay']
  },
  metrics: [
    { name: 'roc_auc', primary: true, min: 0.7 },
    { name: 'log_loss', max: 0.5, by: ['carrier'], slice_max: 0.6 }
  ],
  baseline: { rule: '@champion', require: 'better' },
  serving: { mode: 'realtime', latency_p95_ms: 100 },
  holdout: { key: ['flight_id'], fraction: 0.2, looks: 5 },
  signoff: {
    roles: [
      { role: 'owner', who: ['user:ada'] },
      { role: 'risk', who: ['user:grace', 'group:risk'] }
    ],
    four_eyes: true
  },
  owner: 'user:ada',
  review_by: '2027-01-31'
};

export const SCOPE: IScopeCard = {
  name: 'late_flights',
  version: 3,
  state: 'DRAFT',
  card: CARD,
  created_by: 'ada',
  created_at: NOW - DAY,
  signatures: [
    {
      role: 'owner',
      principal: 'user:ada',
      decision: 'approve',
      comment: '',
      at: NOW - DAY / 2
    }
  ]
};

export const SCOPE_VERSIONS: IScopeCard[] = [
  SCOPE,
  {
    ...SCOPE,
    version: 2,
    state: 'AGREED',
    created_at: NOW - 20 * DAY,
    card: {
      ...CARD,
      metrics: [{ name: 'roc_auc', primary: true, min: 0.65 }],
      data: { ...(CARD.data as object), forbidden: ['arr_delay'] }
    }
  },
  {
    ...SCOPE,
    version: 1,
    state: 'DRAFT',
    created_by: 'grace',
    created_at: NOW - 30 * DAY,
    signatures: [],
    card: {
      problem: 'classification',
      metrics: [{ name: 'roc_auc', primary: true, min: 0.65 }]
    }
  }
];

export const OTHER_SCOPE: IScopeCard = {
  name: 'fares',
  version: 1,
  state: 'AGREED',
  card: {
    problem: 'regression',
    metrics: [{ name: 'rmse', primary: true, max: 12.5 }],
    owner: 'user:grace'
  },
  created_by: 'grace',
  created_at: NOW - 40 * DAY,
  signatures: [
    {
      role: 'owner',
      principal: 'user:grace',
      decision: 'approve',
      at: NOW - 39 * DAY
    }
  ]
};

export const HOLDOUTS: IHoldout[] = [
  {
    id: 'h1',
    table_name: 'main.raw.flights',
    rule: { kind: 'key', key: ['flight_id'], fraction: 0.2 },
    scope_name: 'late_flights',
    looks_allowed: 5,
    looks_used: 3,
    may_look: ['group:reviewers'],
    state: 'ACTIVE',
    excluded: 67_203,
    total: 336_776,
    created_by: 'ada',
    created_at: NOW - 30 * DAY
  },
  {
    id: 'h2',
    table_name: 'main.raw.fares',
    rule: { kind: 'time', time: 'sold_at', since: '2026-01-01' },
    looks_allowed: 2,
    looks_used: 2,
    may_look: [],
    state: 'SPENT',
    created_by: 'grace',
    created_at: NOW - 50 * DAY
  }
];

export const LOOKS: ILook[] = [
  {
    number: 1,
    purpose: 'evaluate',
    actor: 'ada',
    actor_kind: 'user',
    run_id: 'f3ad0c9d5a2b4f56a0bce7b1e4a9d211',
    metrics: { roc_auc: 0.691, log_loss: 0.512 },
    at: NOW - 12 * DAY
  },
  {
    number: 2,
    purpose: 'training',
    reason: 'rows of the hold-out were in the training data',
    actor: 'nightly',
    actor_kind: 'job',
    at: NOW - 6 * DAY
  },
  {
    number: 3,
    purpose: 'open',
    reason: 'look for wrong labels',
    actor: 'grace',
    actor_kind: 'user',
    at: NOW - 2 * DAY
  }
];

export const TEMPLATE: ScopeCard = {
  problem: 'classification',
  metrics: [{ name: 'roc_auc', primary: true, min: 0.7 }],
  holdout: { fraction: 0.2, looks: 5 }
};

function put({ body, path }: IFakeRequest): IScopeCard | ApiError {
  const { body: card } = body as { body: ScopeCard };
  const metrics = (card.metrics ?? []) as { name?: string; min?: unknown }[];
  const at = metrics.findIndex(one => typeof one.min === 'string');
  if (at >= 0) {
    return new ApiError(
      400,
      'INVALID_SCOPE_CARD',
      `The scope card is not right: metrics[${at}].min: input should be a valid number.`,
      'Correct the fields named.',
      [
        {
          field: `metrics[${at}].min`,
          description: 'input should be a valid number'
        }
      ]
    );
  }
  return {
    ...SCOPE,
    name: path.split('/').pop() ?? '',
    version: SCOPE.version + 1,
    card,
    signatures: []
  };
}

export function scopeRoutes(): FakeRoutes {
  return {
    'GET api/1.0/scopes': { scopes: [SCOPE, OTHER_SCOPE] },
    'GET api/1.0/scopes/*': SCOPE,
    'GET api/1.0/scopes/*/history': { scopes: SCOPE_VERSIONS },
    'GET api/1.0/scopes/templates/*': ({ path }: IFakeRequest) => ({
      problem: path.split('/').pop(),
      yaml: '',
      card: { ...TEMPLATE, problem: path.split('/').pop() }
    }),
    'PUT api/1.0/scopes/*': put,
    'POST api/1.0/scopes/*/sign': SCOPE,
    'POST api/1.0/scopes/*/retire': { ...SCOPE, state: 'RETIRED' },
    'GET api/1.0/scopes/*/check': {
      passed: false,
      scope_name: 'late_flights',
      scope_version: 3,
      results: [
        {
          gate: 'metric:roc_auc',
          status: 'pass',
          observed: 0.731,
          required: '>= 0.7',
          message: 'roc_auc is 0.731, required >= 0.7.'
        },
        {
          gate: 'holdout',
          status: 'unknown',
          message: 'The model was not evaluated on the held-out rows.',
          hint: 'ws.evaluation.evaluate(…, holdout=True)'
        }
      ]
    },
    'GET api/1.0/holdouts': { holdouts: HOLDOUTS },
    'GET api/1.0/holdouts/*/looks': { looks: LOOKS },
    'POST api/1.0/holdouts/*/renew': { ...HOLDOUTS[0], looks_allowed: 8 },
    'POST api/1.0/holdouts/*/retire': { ...HOLDOUTS[0], state: 'RETIRED' }
  };
}
