/** The flights as the profiler saw them, and answers of questions about their rows. */
import type {
  IDataComparison,
  IDrill,
  IDrillResult,
  IFinding,
  IProfile,
  IProfileInfo
} from '../api/types.explore';
import type { FakeRoutes, IFakeRequest } from './fakeServer';
import flights from './profile.flights.json';

/** Made by the profiler; periods, patterns and slices counted from the same rows. */
export const PROFILE = flights as unknown as IProfile;

export const PROFILE_INFOS: IProfileInfo[] = [
  {
    id: PROFILE.id,
    source_name: 'main.raw.flights',
    source_version: 2,
    target: 'late',
    state: 'SUCCEEDED',
    rows: PROFILE.rows,
    columns: PROFILE.columns.length,
    complete: true,
    created_at: PROFILE.created_at,
    actor: 'ada',
    findings: { BLOCKED: 1, WARNING: 2, INFO: 4 }
  },
  {
    id: 'old1',
    source_name: 'main.raw.flights',
    source_version: 1,
    state: 'SUCCEEDED',
    rows: 210_400,
    columns: PROFILE.columns.length,
    complete: true,
    created_at: PROFILE.created_at - 6 * 86_400_000,
    actor: 'grace',
    findings: { WARNING: 1 }
  }
];

const CARRIERS = ['UA', 'B6', 'EV', 'DL', 'AA', 'MQ'];

/** As the rows would answer: fewer of them the more conditions there are. */
export function drill(question: IDrill): IDrillResult {
  const total = question.filters?.length ? 31_204 : PROFILE.rows;
  const of = (columns: IDrillResult['columns']): IDrillResult => ({
    kind: question.kind,
    columns,
    total,
    seconds: 0.02
  });
  const column = PROFILE.columns.find(one => one.column_name === question.x);
  switch (question.kind) {
    case 'hist': {
      const { counts = [] } = column?.histogram ?? {};
      const { edges = [] } = question;
      return of({
        lower: edges.slice(0, -1),
        upper: edges.slice(1),
        count: counts.map((count, i) =>
          Math.round((count / 10) * (0.3 + (i / counts.length) * 1.4))
        )
      });
    }
    case 'bars': {
      const items = column?.frequent_items ?? [];
      return of({
        x: items.map(one => one.item),
        value: items.map((one, i) =>
          Math.round((one.count / 10) * (1 + i / 4))
        ),
        rows: items.map((one, i) => Math.round((one.count / 10) * (1 + i / 4)))
      });
    }
    case 'box':
      return of({
        by: CARRIERS,
        lower: CARRIERS.map(() => -20),
        q1: CARRIERS.map((_, i) => -6 + i / 2),
        median: CARRIERS.map((_, i) => -2 + i / 2),
        q3: CARRIERS.map((_, i) => 8 + i * 3),
        upper: CARRIERS.map((_, i) => 29 + i * 6),
        min: CARRIERS.map(() => -43),
        max: CARRIERS.map((_, i) => 300 + i),
        rows: CARRIERS.map((_, i) => 58_000 - i * 6000)
      });
    case 'scatter': {
      const at = Array.from({ length: 240 }, (_, i) => i);
      return {
        ...of({
          x: at.map(i => (i * 37) % 200),
          y: at.map(i => ((i * 37) % 200) + ((i * 13) % 40) - 20),
          ...(question.by ? { by: at.map(i => (i * 37) % 200 > 60) } : {})
        }),
        sampled: true
      };
    }
    case 'cross':
      return of({
        x: ['EWR', 'JFK', 'LGA', 'EWR', 'JFK'],
        y: ['false', 'false', 'false', 'true', 'true'],
        count: [90_000, 86_000, 82_000, 30_000, 25_000]
      });
    case 'over_time':
      return of({
        x: Array.from(
          { length: 12 },
          (_, i) => `2013-${String(i + 1).padStart(2, '0')}-01 00:00:00`
        ),
        rows: Array.from({ length: 12 }, (_, i) => 27_000 + i * 100),
        value: Array.from({ length: 12 }, (_, i) => 10 + ((i * 5) % 9))
      });
    default:
      return of({
        carrier: CARRIERS,
        dep_delay: CARRIERS.map((_, i) => 31 + i),
        origin: CARRIERS.map((_, i) => (i === 2 ? null : 'EWR'))
      });
  }
}

const PERIOD_LABELS = ['≤ −6', '−5', '−4 to −2', '−1 to 3', '4 to 20', '> 20'];

export const DATA_COMPARISON: IDataComparison = {
  id: 'c4',
  left: {
    name: 'January to November',
    source: { kind: 'query', name: 'main.raw.flights where month < 12' },
    rows: 308_641,
    sample_rows: 100_000
  },
  right: {
    name: 'December',
    source: { kind: 'query', name: 'main.raw.flights where month = 12' },
    rows: 28_135,
    sample_rows: 28_135,
    holdout: { excluded: 5610, note: '5,610 of 28,135 rows held out' }
  },
  target: 'late',
  columns: [
    {
      column: 'dep_delay',
      kind: 'numeric',
      psi: 0.22,
      js: 0.11,
      ks: 0.14,
      wasserstein: 4.2,
      p_adjusted: 0.0001,
      delta_null: 0.002,
      delta_avg: 4.1,
      verdict: 'differs',
      words: 'dep_delay is higher on the right: 16.6 against 12.3 on average.',
      labels: PERIOD_LABELS,
      left: [0.18, 0.2, 0.2, 0.17, 0.13, 0.12],
      right: [0.11, 0.15, 0.17, 0.19, 0.2, 0.18]
    },
    {
      column: 'carrier',
      kind: 'categorical',
      psi: 0.01,
      js: 0.01,
      tv: 0.03,
      chi2: 40.2,
      p_adjusted: 0.03,
      delta_null: 0,
      verdict: 'same',
      words: 'carrier is alike on both sides.',
      labels: CARRIERS,
      left: [0.17, 0.16, 0.16, 0.14, 0.1, 0.08],
      right: [0.17, 0.17, 0.15, 0.14, 0.1, 0.07]
    },
    {
      column: 'tailnum',
      kind: 'categorical',
      verdict: 'unknown',
      words: 'tailnum has too many levels to tell.'
    }
  ],
  schema: {
    added: ['gate'],
    removed: [],
    retyped: [['year', 'bigint', 'double']]
  },
  overlap: {
    rows: 0,
    share: 0,
    groups: 3420,
    groups_total: 4043,
    time_start: undefined,
    time_end: undefined
  },
  separability: {
    auc: 0.71,
    lower: 0.7,
    upper: 0.72,
    top: [
      ['dep_delay', 0.41],
      ['distance', 0.11]
    ]
  },
  findings: [
    {
      id: 'g1',
      code: 'LEAK_GROUP',
      severity: 'WARNING',
      column: 'tailnum',
      message: '3,420 of 4,043 values of tailnum are on both sides.',
      hint: 'Split by whole groups, or the test knows its planes.',
      state: 'open'
    }
  ],
  created_at: PROFILE.created_at,
  timing: { seconds: 0.8, cpu_seconds: 0.7 }
};

function decide({ path, body }: IFakeRequest): IFinding {
  const id = path.split('/').pop();
  const finding = PROFILE.findings?.find(one => one.id === id);
  const { state, reason } = body as { state: 'open'; reason?: string };
  return {
    ...(finding as IFinding),
    state,
    reason,
    decided_by: 'ada',
    decided_at: PROFILE.created_at
  };
}

export function exploreRoutes(): FakeRoutes {
  return {
    'GET api/1.0/explore/profiles': { profiles: PROFILE_INFOS },
    'GET api/1.0/explore/profiles/*': PROFILE,
    'POST api/1.0/explore/profiles': { id: 'new1' },
    'POST api/1.0/explore/profiles/*/stop': {},
    'PATCH api/1.0/explore/profiles/*/findings/*': decide,
    'POST api/1.0/explore/profiles/*/drill': ({ body }: IFakeRequest) =>
      drill(body as IDrill)
  };
}
