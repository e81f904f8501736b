/** Experiments and runs of the demo, in the shapes of the interface. */
import type {
  Cell,
  IColumnarPage,
  IExperiment,
  IRun,
  IScope
} from '../api/types';
import type { IFakeRequest } from './fakeServer';
import { noise } from './fixtures.catalog';

const DAY = 86_400_000;
const NOW = Date.now();
const CARRIERS = ['UA', 'B6', 'EV', 'DL', 'AA', 'MQ'];

export const SCOPES: IScope[] = [
  {
    name: 'late_flights',
    card: {
      metrics: [
        { name: 'log_loss', primary: false },
        { name: 'auc', primary: true }
      ]
    }
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

export const RUN_COLUMNS: readonly [string, string][] = [
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
