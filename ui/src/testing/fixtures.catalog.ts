/** The catalog of the demo, in the shapes of the interface. */
import type {
  Cell,
  IColumnarPage,
  ICommit,
  ITable,
  ITreeNode
} from '../api/types';
import type { IFakeRequest } from './fakeServer';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.now();

function node(
  name: string,
  kind: ITreeNode['kind'],
  more: Partial<ITreeNode> = {}
): ITreeNode {
  return {
    address: `mlnb:${kind === 'view' ? 'table' : kind}/${encodeURIComponent(name)}`,
    name: name.split('.').pop() ?? name,
    kind,
    children: kind === 'catalog' || kind === 'schema',
    ...more
  };
}

function rows(name: string, num_rows: number, badge?: string): ITreeNode {
  return node(name, 'table', { num_rows, badge });
}

const TREE: Record<string, ITreeNode[]> = {
  '': [node('main', 'catalog')],
  main: [
    node('main.default', 'schema', { children: false }),
    node('main.features', 'schema', { counts: { table: 2 } }),
    node('main.ml', 'schema', {
      counts: { table: 6, volume: 1, function: 1, model: 1 }
    }),
    node('main.raw', 'schema', { counts: { table: 5 } })
  ],
  'main.default': [],
  'main.features': [
    rows('main.features.planes', 3322),
    rows('main.features.weather_hourly', 26_115)
  ],
  'main.ml': [
    node('main.ml.delays_by_carrier', 'view'),
    rows('main.ml.flight_labels', 327_346, 'certified'),
    rows('main.ml.flights_outcomes', 9870),
    rows('main.ml.flights_payload', 10_000, 'deprecated'),
    rows('main.ml.flights_payload_rows', 10_000),
    rows('main.ml.flights_payload_rows_drift_metrics', 2448),
    node('main.ml.reports', 'volume'),
    node('main.ml.minutes_late', 'function', { detail: 'DOUBLE' }),
    node('main.ml.flights', 'model', { detail: 'v3' })
  ],
  'main.raw': [
    rows('main.raw.airlines', 16),
    rows('main.raw.airports', 1458),
    rows('main.raw.flights', 336_776, 'certified'),
    rows('main.raw.planes', 3322),
    rows('main.raw.weather', 26_115)
  ]
};

export function tree(request: IFakeRequest): object {
  const filter = (request.query.filter ?? '').toLowerCase();
  const parent = request.query.parent ?? '';
  const has = (one: ITreeNode, full: string): boolean =>
    one.name.toLowerCase().includes(filter) ||
    (TREE[full] ?? []).some(child => has(child, `${full}.${child.name}`));
  const group = (one: ITreeNode): string =>
    one.kind === 'view' ? 'table' : one.kind;
  return {
    nodes: (TREE[parent] ?? []).filter(
      one =>
        (!request.query.kind || group(one) === request.query.kind) &&
        (!filter || has(one, parent ? `${parent}.${one.name}` : one.name))
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
    sql: `SELECT *\nFROM main.raw.flights\nLIMIT ${request.query.limit ?? 100}`,
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
