/** Runs of the demo in every shape of the interface: found, drawn, compared, kept, repeated and judged. */
import type { Cell } from '../api/types';
import type {
  ICompareRow,
  IRunDiff,
  IRunHead,
  IRunsComparison
} from '../api/types.compare';
import type {
  IEvaluationResult,
  IModelCard,
  IModelComparison,
  IThreshold
} from '../api/types.evaluation';
import type {
  IBackgroundInfo,
  ILogPart,
  INotebookFile,
  INotebookRuns,
  IReplayReport,
  IRunSourceCode
} from '../api/types.replay';
import type {
  IActionQuery,
  ICurve,
  IFrameQuery,
  IPurgePlan,
  IRunBlock,
  IRunColumns,
  IRunFrame,
  IRunGroup,
  IRunSearch,
  ISeriesQuery,
  IUsage
} from '../api/types.runs';
import type { FakeRoutes, IFakeRequest } from './fakeServer';
import { noise } from './fixtures.catalog';

const MINUTE = 60_000;
const NOW = Date.now();
const MODELS = ['lightgbm', 'logistic', 'forest'];
const STATES = ['RUNNING', 'FINISHED', 'FINISHED', 'FAILED', 'KILLED'];

export interface IDemoRun {
  id: string;
  parent?: string;
  cells: Record<string, Cell>;
}

/** Better with more leaves and a middling rate, as models are. */
function demoRun(i: number, parent?: IDemoRun, child = 0): IDemoRun {
  const seed = parent ? 1000 + i * 17 + child : i;
  const kind = MODELS[seed % 3];
  const status = parent ? 'FINISHED' : i < 5 ? STATES[i] : 'FINISHED';
  const leaves = [7, 15, 31, 63, 127][Math.floor(noise(seed) * 5)];
  const rate = [0.01, 0.02, 0.05, 0.1, 0.2][Math.floor(noise(seed + 91) * 5)];
  const depth = 3 + Math.floor(noise(seed + 33) * 8);
  const start = NOW - 4 * MINUTE - i * 47 * MINUTE - child * MINUTE;
  const good =
    0.67 +
    0.012 * Math.log2(leaves) -
    0.02 * Math.abs(Math.log10(rate) + 1.3) +
    noise(seed + 5) * 0.02;
  const done = status === 'FINISHED';
  return {
    id: `${(seed + 16).toString(16).padStart(4, '0')}ad0c9d5a2b4f56a0bce7b1e4a9`,
    parent: parent?.id,
    cells: {
      'attributes.run_name': parent
        ? `${String(parent.cells['attributes.run_name'])} · fold ${child + 1}`
        : `${kind}-${60 - i}`,
      'attributes.status': status,
      'attributes.start_time': start,
      'attributes.end_time':
        status === 'RUNNING' ? null : start + 8000 + noise(seed) * MINUTE,
      'attributes.user_id': i % 7 === 3 ? 'grace' : 'ada',
      'metrics.auc': done ? good : null,
      'metrics.log_loss': done ? 0.62 - good * 0.22 + noise(seed) * 0.01 : null,
      'metrics.accuracy': done ? good - 0.03 + noise(seed + 2) * 0.01 : null,
      'metrics.fit_seconds': done ? 1 + leaves / 20 + noise(seed) * 3 : null,
      'params.model': kind,
      'params.num_leaves': String(leaves),
      'params.learning_rate': String(rate),
      'params.max_depth': String(depth),
      'tags.team': i % 4 === 0 ? 'ops' : 'research',
      'tags.mlnb.reproducible': i === 2 ? 'out_of_order' : 'clean'
    }
  };
}

export const DEMO_RUNS: readonly IDemoRun[] = Array.from(
  { length: 60 },
  (_, i) => demoRun(i)
);
/** The folds of one run. */
export const DEMO_CHILDREN: readonly IDemoRun[] = [0, 1, 2, 3, 4].map(child =>
  demoRun(6, DEMO_RUNS[6], child)
);

const TYPES: Record<string, string> = {
  'attributes.start_time': 'timestamp',
  'attributes.end_time': 'timestamp'
};

const typeOf = (key: string): string =>
  TYPES[key] ?? (key.startsWith('metrics.') ? 'number' : 'string');

export const DEMO_COLUMNS: IRunColumns = {
  columns: Object.keys(DEMO_RUNS[5].cells).map((key, i) => ({
    key,
    type: typeOf(key),
    runs: 60 - i
  })),
  truncated: false
};

function sorted(runs: readonly IDemoRun[], order: string): IDemoRun[] {
  const [, key, direction] = /^(.*?)(?: (ASC|DESC))?$/.exec(order) ?? [];
  const name = (key ?? '').replace(/`/g, '');
  const sign = direction === 'DESC' ? -1 : 1;
  return [...runs].sort((a, b) => {
    const [x, y] = [a.cells[name] ?? null, b.cells[name] ?? null];
    if (x === null || y === null) {
      return x === y ? 0 : x === null ? 1 : -1;
    }
    return sign * (x < y ? -1 : x > y ? 1 : 0);
  });
}

function found(search: IRunSearch): IDemoRun[] {
  const { state, parent, filter, order_by: order } = search;
  if (search.deleted) {
    return [];
  }
  const all =
    parent || filter?.includes('run_id IN')
      ? [...DEMO_RUNS, ...DEMO_CHILDREN]
      : DEMO_RUNS;
  const kept = all.filter(run => {
    const status = String(run.cells['attributes.status']);
    return (
      (!parent || run.parent === parent) &&
      (!state?.length || state.includes(status as 'RUNNING')) &&
      (!filter || fits(run, filter))
    );
  });
  return sorted(kept, order?.[0] ?? 'attributes.start_time DESC');
}

/** As much of the language as tests need: one comparison, or some ids. */
function fits(run: IDemoRun, filter: string): boolean {
  if (filter.startsWith('attributes.run_id IN')) {
    return filter.includes(`'${run.id}'`);
  }
  const [, key, sign, text] =
    /^(\S+)\s*(=|!=|>=|>|<=|<)\s*'?([^']*)'?$/.exec(filter.trim()) ?? [];
  const value = run.cells[(key ?? '').replace(/`/g, '')];
  if (value === undefined || value === null) {
    return false;
  }
  const [x, y] =
    typeof value === 'number' ? [value, Number(text)] : [String(value), text];
  return {
    '=': x === y,
    '!=': x !== y,
    '>': x > y,
    '>=': x >= y,
    '<': x < y,
    '<=': x <= y
  }[sign as '=']!;
}

export function queryDemoRuns(request: IFakeRequest): IRunBlock {
  const search = (request.body ?? {}) as IRunSearch;
  const all = found(search);
  const offset = search.offset ?? 0;
  const rows = all.slice(offset, offset + (search.limit ?? 100));
  const keys = search.columns ?? Object.keys(DEMO_RUNS[0].cells);
  const columns = keys.map(key => ({
    key,
    type: typeOf(key),
    values: rows.map(run => run.cells[key] ?? null)
  }));
  return {
    total: all.length,
    offset,
    as_of: 17,
    ids: rows.map(run => run.id),
    columns,
    children: Object.fromEntries(
      rows
        .filter(run => run.id === DEMO_RUNS[6].id)
        .map(run => [run.id, DEMO_CHILDREN.length])
    ),
    pinned: rows.map(run => run.id).filter(id => id === DEMO_RUNS[8].id),
    ...(search.group_by ? { groups: groupsOf(all, search.group_by) } : {})
  };
}

function groupsOf(runs: readonly IDemoRun[], key: string): IRunGroup[] {
  const values = [...new Set(runs.map(run => run.cells[key] ?? null))];
  return values.map(value => {
    const members = runs.filter(run => (run.cells[key] ?? null) === value);
    const aucs = members
      .map(run => run.cells['metrics.auc'])
      .filter((one): one is number => typeof one === 'number');
    return {
      ...(value === null ? {} : { value: String(value) }),
      runs: members.length,
      ids: members.map(run => run.id).slice(0, 100),
      metrics: {
        'metrics.auc': {
          mean: aucs.reduce((a, b) => a + b, 0) / Math.max(aucs.length, 1),
          min: Math.min(...aucs),
          max: Math.max(...aucs),
          count: aucs.length
        }
      }
    };
  });
}

export function demoFrame(request: IFakeRequest): IRunFrame {
  const { columns, ...search } = request.body as IFrameQuery;
  const all = found(search);
  return {
    ids: all.map(run => run.id),
    total: all.length,
    sampled: false,
    as_of: 17,
    columns: columns.map(key => ({
      key,
      type: typeOf(key),
      values: all.map(run => run.cells[key] ?? null)
    }))
  };
}

export function demoSeries(request: IFakeRequest): {
  curves: ICurve[];
  x: string;
} {
  const { run_ids: ids, metrics, x = 'step' } = request.body as ISeriesQuery;
  const curves = ids.flatMap((id, i) =>
    metrics.map((metric): ICurve => {
      const steps = Array.from({ length: 40 }, (_, step) => step);
      return {
        run_id: id,
        metric,
        x: steps.map(step =>
          x === 'step'
            ? step * 10
            : x === 'time'
              ? NOW - MINUTE + step * 900
              : step * 900
        ),
        y: steps.map(
          step =>
            0.35 +
            0.35 * Math.exp(-step / (6 + 2 * (i % 5))) +
            noise(step + i * 7) * 0.015
        ),
        total: 40,
        nan: 0,
        thinned: false
      };
    })
  );
  return { curves, x };
}

const allRuns = (): readonly IDemoRun[] => [...DEMO_RUNS, ...DEMO_CHILDREN];

export function headOf(run: IDemoRun): IRunHead {
  const start = run.cells['attributes.start_time'] as number;
  const end = run.cells['attributes.end_time'];
  return {
    run_id: run.id,
    name: String(run.cells['attributes.run_name']),
    experiment_id: '1',
    experiment_name: 'flights',
    status: String(run.cells['attributes.status']),
    start_time: start,
    ...(typeof end === 'number' ? { duration_ms: end - start } : {}),
    notebook: 'flights_lifecycle.ipynb',
    user: String(run.cells['attributes.user_id'])
  };
}

export function compareDemoRuns(request: IFakeRequest): IRunsComparison {
  const { run_ids: ids } = request.body as { run_ids: string[] };
  const runs = ids
    .map(id => allRuns().find(run => run.id === id))
    .filter((run): run is IDemoRun => run !== undefined);
  const rows = (prefix: string): ICompareRow[] =>
    Object.keys(DEMO_RUNS[5].cells)
      .filter(key => key.startsWith(prefix))
      .map(key => {
        const values = runs.map(run => run.cells[key] ?? null);
        return {
          key: key.slice(prefix.length),
          values,
          differs: values.some(value => value !== values[0])
        };
      });
  return {
    runs: runs.map(headOf),
    params: [
      ...rows('params.'),
      {
        key: 'objective',
        values: runs.map(() => 'binary'),
        differs: false
      }
    ],
    metrics: rows('metrics.'),
    tags: rows('tags.'),
    attributes: [
      {
        key: 'git_commit',
        values: runs.map((_, i) => (i % 2 ? '8c2f1de0b7' : 'b07aa3e911')),
        differs: runs.length > 1
      }
    ]
  };
}

export const DEMO_DIFF: IRunDiff = {
  a: headOf(DEMO_RUNS[5]),
  b: headOf(DEMO_RUNS[6]),
  cells: [
    {
      change: 'same',
      cell_id: 'c1',
      a_position: 0,
      b_position: 0,
      a_source: 'frame = ws.catalog.read("main.ml.flight_labels")',
      b_source: 'frame = ws.catalog.read("main.ml.flight_labels")',
      diff: '',
      is_run: false
    },
    {
      change: 'added',
      cell_id: 'c2',
      b_position: 1,
      b_source: 'frame = frame[frame.dep_delay < 600]',
      diff: '+frame = frame[frame.dep_delay < 600]',
      is_run: false
    },
    {
      change: 'changed',
      cell_id: '7c1f',
      a_position: 1,
      b_position: 2,
      a_source:
        '%%mlrun\nmodel = lgb.LGBMClassifier(num_leaves=31)\nmodel.fit(X, y)',
      b_source:
        '%%mlrun\nmodel = lgb.LGBMClassifier(num_leaves=63)\nmodel.fit(X, y)',
      diff: ' %%mlrun\n-model = lgb.LGBMClassifier(num_leaves=31)\n+model = lgb.LGBMClassifier(num_leaves=63)\n model.fit(X, y)',
      is_run: true
    }
  ],
  data: [
    {
      name: 'main.ml.flight_labels',
      kind: 'table',
      direction: 'read',
      change: 'changed',
      a_version: 3,
      b_version: 4,
      a_rows: 161_240,
      b_rows: 163_012,
      columns_added: ['gate'],
      columns_removed: [],
      columns_retyped: []
    }
  ],
  environment: [{ key: 'lightgbm', change: 'changed', a: '4.5.0', b: '4.6.0' }],
  git_a: { commit: '8c2f1de0b7', branch: 'main', dirty: false },
  git_b: { commit: 'b07aa3e911', branch: 'main', dirty: true },
  git_commits: ['b07aa3e Leave out flights that are hours late'],
  params: [
    { key: 'num_leaves', change: 'changed', a: '31', b: '63' },
    { key: 'learning_rate', change: 'same', a: '0.05', b: '0.05' }
  ],
  metrics: [
    {
      key: 'auc',
      change: 'changed',
      a: 0.7412,
      b: 0.7523,
      difference: 0.0111,
      standard_errors: 2.4,
      better: 'b'
    }
  ],
  tags: [],
  artifacts: [{ key: 'importance.png', change: 'changed' }],
  same: ['tags'],
  notes: ['The untracked file helper.py is known by its hash alone.']
};

export const DEMO_USAGE: IUsage = {
  experiment_id: '1',
  experiment_name: 'flights',
  runs: 60,
  deleted_runs: 2,
  artifact_bytes: 48_120_400,
  model_bytes: 612_480_000,
  deleted_bytes: 20_480_000,
  largest: [
    {
      run_id: DEMO_RUNS[5].id,
      name: 'forest-55',
      artifact_bytes: 812_000,
      model_bytes: 310_200_000,
      deleted: false
    }
  ]
};

export function demoAction(request: IFakeRequest): unknown {
  const query = request.body as IActionQuery;
  if (query.action === 'purge') {
    return {
      id: 'p1',
      state: query.dry_run ? 'PREVIEW' : 'DONE',
      runs: query.run_ids.map(id => ({
        run_id: id,
        name: nameOf(id),
        experiment_name: 'flights',
        artifact_bytes: 1_240_000,
        model_bytes: 8_100_000,
        models: []
      })),
      refused: [],
      bytes: 9_340_000 * query.run_ids.length
    } satisfies IPurgePlan;
  }
  return { action: query.action, changed: [...query.run_ids], refused: [] };
}

function nameOf(id: string): string {
  const run = allRuns().find(one => one.id === id);
  return String(run?.cells['attributes.run_name'] ?? id);
}

export const DEMO_NOTEBOOK_RUNS: INotebookRuns = {
  path: 'flights_lifecycle.ipynb',
  experiment_id: '1',
  runs: DEMO_RUNS.slice(0, 6).map((run, i) => ({
    run_id: run.id,
    name: String(run.cells['attributes.run_name']),
    status: String(run.cells['attributes.status']),
    start_time: run.cells['attributes.start_time'] as number,
    ...(run.cells['attributes.end_time']
      ? { end_time: run.cells['attributes.end_time'] as number }
      : {}),
    cell_id: i % 2 ? '7c1f' : '9ab2',
    code_sha256: `${i % 2}`.repeat(64),
    reproducible: i === 2 ? 'out_of_order' : 'clean',
    metrics: { auc: 0.74 + i * 0.003, log_loss: 0.49 - i * 0.002 },
    params: { num_leaves: '31', learning_rate: '0.05' },
    models: i % 2
  }))
};

export const DEMO_SOURCE: IRunSourceCode = {
  run_id: DEMO_RUNS[2].id,
  notebook_path: 'flights_lifecycle.ipynb',
  notebook_deleted: false,
  revision: '51af'.repeat(16),
  stale: false,
  has_notebook: true,
  reproducible: 'out_of_order',
  reasons: [
    'Cell 2 was executed after cell 3, which stands below it in the notebook.'
  ],
  cells: [
    {
      position: 0,
      cell_id: 'c1',
      execution_count: 1,
      source: 'import lightgbm as lgb',
      sha256: 'aa',
      stored: ['lgb'],
      loaded: [],
      changed: [],
      success: true,
      is_run: false,
      in_closure: true,
      standing: 'same',
      document_position: 0
    },
    {
      position: 1,
      cell_id: 'c3',
      execution_count: 2,
      source: 'frame = frame.dropna()',
      sha256: 'bb',
      stored: ['frame'],
      loaded: ['frame'],
      changed: [],
      success: true,
      is_run: false,
      in_closure: true,
      standing: 'edited',
      document_position: 2
    },
    {
      position: 2,
      cell_id: '7c1f',
      execution_count: 3,
      source: '%%mlrun\nmodel = lgb.LGBMClassifier().fit(frame, y)',
      sha256: 'cc',
      stored: ['model'],
      loaded: ['lgb', 'frame', 'y'],
      changed: [],
      success: true,
      is_run: true,
      in_closure: true,
      standing: 'same',
      document_position: 3
    }
  ],
  closure: [0, 1, 2],
  git_diff: 'diff --git a/helper.py b/helper.py\n-limit = 300\n+limit = 600\n',
  cell: '%%mlrun\nmodel = lgb.LGBMClassifier().fit(frame, y)'
};

export const DEMO_NOTEBOOK: INotebookFile = {
  cells: [
    {
      id: 'c1',
      cell_type: 'code',
      source: 'import lightgbm as lgb',
      outputs: []
    },
    { id: 'm1', cell_type: 'markdown', source: '## Train' },
    {
      id: '7c1f',
      cell_type: 'code',
      source: '%%mlrun\nmodel = lgb.LGBMClassifier().fit(frame, y)',
      outputs: []
    }
  ],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5
};

export const DEMO_REPLAY: IReplayReport = {
  replay_run_id: DEMO_RUNS[1].id,
  run_id: DEMO_RUNS[2].id,
  state: 'ENDED',
  verdict: 'DIFFERENT',
  mode: 'cells',
  env: 'same',
  data: 'latest',
  rtol: 1e-9,
  atol: 0,
  params: [],
  metrics: [
    { key: 'auc', change: 'changed', a: 0.7523, b: 0.7488, difference: -0.0035 }
  ],
  models: [],
  causes: [
    {
      kind: 'data',
      message: 'main.ml.flight_labels was read at version 4, not 3.',
      details: []
    }
  ],
  warnings: ['The tables were read at their latest versions.'],
  created_by: 'ada',
  created_at: NOW - 3 * MINUTE,
  ended_at: NOW - 2 * MINUTE
};

export const DEMO_BACKGROUND: IBackgroundInfo = {
  run_id: DEMO_RUNS[0].id,
  name: 'lightgbm-60',
  state: 'RUNNING',
  status: 'RUNNING',
  purpose: 'run',
  executor: 'local',
  created_at: NOW - 4 * MINUTE,
  started_at: NOW - 4 * MINUTE,
  log_bytes: 61,
  cells: [
    {
      index: 0,
      source: 'import lightgbm as lgb',
      state: 'done',
      duration_ms: 812,
      line: ''
    },
    {
      index: 1,
      source: '%%mlrun\nmodel.fit(frame, y)',
      state: 'running',
      line: '[120] valid auc: 0.7412'
    }
  ]
};

const LOG = '[100] valid auc: 0.7388\n[120] valid auc: 0.7412\n';

export function demoLog(request: IFakeRequest): ILogPart {
  const offset = Number(request.query.offset ?? 0);
  return {
    text: LOG.slice(offset),
    offset,
    next_offset: LOG.length,
    total: LOG.length,
    done: false
  };
}

export const DEMO_EVALUATION: IEvaluationResult = {
  id: 'e1',
  run_id: DEMO_RUNS[5].id,
  model_uri: 'models:/m-1',
  model_type: 'classifier',
  data: 'main.ml.flight_labels',
  data_version: 3,
  n_rows: 28_485,
  dropped_rows: 0,
  targets: 'late',
  metrics: { roc_auc: 0.7523, log_loss: 0.4912 },
  intervals: { roc_auc: [0.7461, 0.7584] },
  slices: ['UA', 'B6', 'EV'].map((carrier, i) => ({
    slice_key: 'carrier',
    slice_value: carrier,
    n: 5200 - i * 1730,
    metric: 'roc_auc',
    value: 0.77 - i * 0.03,
    lower: 0.76 - i * 0.034,
    upper: 0.78 - i * 0.026
  })),
  fairness: [
    {
      group_key: 'carrier',
      group_value: 'EV',
      metric: 'equal_opportunity',
      value: 0.61,
      difference: -0.07,
      n: 1740,
      rest: 26_745,
      lower: 0.03,
      upper: 0.11
    }
  ],
  primary: 'roc_auc',
  worst: {
    slice_key: 'carrier',
    slice_value: 'EV',
    n: 1740,
    metric: 'roc_auc',
    value: 0.71,
    lower: 0.692,
    upper: 0.728
  },
  changes: {},
  curves: [
    {
      name: 'ROC',
      x_label: 'False-positive rate',
      y_label: 'True-positive rate',
      x: [0, 0.1, 0.3, 0.6, 1],
      y: [0, 0.36, 0.68, 0.9, 1]
    }
  ],
  figures: [],
  notes: ['Look 2 of 5 at the held-out rows of main.ml.flight_labels.'],
  look: 2,
  looks_allowed: 5,
  optimism: 0.0021,
  created_at: NOW - 40 * MINUTE
};

export const DEMO_MODEL_COMPARISON: IModelComparison = {
  id: 'c1',
  challenger_uri: 'models:/m-2',
  champion_uri: 'models:/main.ml.flights@Champion',
  data: 'main.ml.flight_labels',
  data_version: 3,
  n_rows: 28_485,
  margin: 0,
  primary: 'roc_auc',
  verdict: 'BETTER',
  metrics: [
    {
      metric: 'roc_auc',
      challenger: 0.7523,
      champion: 0.7431,
      difference: 0.0092,
      lower: 0.0061,
      upper: 0.0124,
      verdict: 'BETTER',
      greater_is_better: true
    }
  ],
  notes: [],
  created_by: 'ada',
  created_at: NOW - 30 * MINUTE
};

export const DEMO_THRESHOLD: IThreshold = {
  value: 0.37,
  rule: 'least cost, a false alarm 1 and a miss 4',
  precision: 0.52,
  recall: 0.71,
  positive_rate: 0.42,
  cost: 8120,
  curve: {
    name: 'cost',
    x_label: 'Threshold',
    y_label: 'Cost',
    x: [0.1, 0.2, 0.3, 0.37, 0.5, 0.7],
    y: [14000, 10400, 8500, 8120, 9300, 13100]
  }
};

export const DEMO_CARD: IModelCard = {
  run_id: DEMO_RUNS[5].id,
  title: 'Late flights',
  facts: [
    {
      id: 'data.1',
      section: 'Data',
      label: 'Read',
      value: 'main.ml.flight_labels, version 3',
      source: 'run_data',
      sha256: 'd1'.repeat(32)
    }
  ],
  markdown: '# Late flights\n\nRead main.ml.flight_labels, version 3.',
  sha256: 'ab'.repeat(32),
  created_at: NOW - 20 * MINUTE
};

/** Answers of every route of runs. */
export function runsRoutes(): FakeRoutes {
  return {
    'POST api/1.0/runs/query': queryDemoRuns,
    'GET api/1.0/experiments/*/columns': columnsOf,
    'GET api/1.0/experiments/*/usage': DEMO_USAGE,
    'POST api/1.0/runs/filter/check': { ok: true },
    'POST api/1.0/runs/frame': demoFrame,
    'POST api/1.0/runs/series': demoSeries,
    'POST api/1.0/runs/compare': compareDemoRuns,
    'POST api/1.0/runs/diff': DEMO_DIFF,
    'POST api/1.0/runs/actions': demoAction,
    'POST api/1.0/runs/csv': 'run_id,name\n',
    'GET api/1.0/runs/notebook': DEMO_NOTEBOOK_RUNS,
    'GET api/1.0/runs/background': { runs: [DEMO_BACKGROUND] },
    'POST api/1.0/runs/background': DEMO_BACKGROUND,
    'GET api/1.0/runs/*/background': DEMO_BACKGROUND,
    'GET api/1.0/runs/*/log': demoLog,
    'POST api/1.0/runs/*/stop': { ...DEMO_BACKGROUND, state: 'STOPPING' },
    'GET api/1.0/runs/*/source': DEMO_SOURCE,
    'GET api/1.0/runs/*/notebook': DEMO_NOTEBOOK,
    'POST api/1.0/runs/*/replay': { ...DEMO_REPLAY, state: 'QUEUED' },
    'GET api/1.0/runs/*/replays': { replays: [DEMO_REPLAY] },
    'GET api/1.0/replays/*': DEMO_REPLAY,
    'GET api/1.0/runs/*/artifacts': {
      artifacts: [
        { path: 'importance.png', size: 18_233 },
        { path: 'model/MLmodel', size: 1_204 }
      ]
    },
    'GET api/1.0/evaluations/*': DEMO_EVALUATION,
    'POST api/1.0/evaluations/compare': DEMO_MODEL_COMPARISON,
    'POST api/1.0/evaluations/*/threshold': DEMO_THRESHOLD,
    'GET api/1.0/runs/*/card': DEMO_CARD,
    'POST api/1.0/runs/*/card/verify': {
      valid: true,
      changed: [],
      missing: []
    },
    'POST api/1.0/complete': { start: 0, end: 0, items: [] }
  };
}

function columnsOf(request: IFakeRequest): IRunColumns {
  const { q = '', kind } = request.query;
  return {
    ...DEMO_COLUMNS,
    columns: DEMO_COLUMNS.columns.filter(
      column =>
        column.key.includes(q) && (!kind || column.key.startsWith(`${kind}.`))
    )
  };
}
