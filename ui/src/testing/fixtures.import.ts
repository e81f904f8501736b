/** A load of a messy file, a volume and a function, in the shapes of the interface. */
import type { IIngestPlan, IIngestRun } from '../api/types.ingest';
import type { IFunction, IVolumeListing } from '../api/types.objects';
import type { FakeRoutes } from './fakeServer';

const NOW = Date.now();
const DAY = 86_400_000;

export const PLAN: IIngestPlan = {
  source: ['data/shipments.csv'],
  suggested_name: 'shipments',
  files: [
    {
      path: 'data/shipments.csv',
      format: 'csv',
      size: 184_320,
      rows: 2497,
      rejected: 3,
      loaded_before: false,
      dialect: { delimiter: ';', header: true, encoding: 'utf-8' }
    }
  ],
  columns: [
    {
      name: 'shipment_id',
      source_name: 'shipment_id',
      type: 'bigint',
      reason: 'whole numbers',
      samples: ['1', '2', '3'],
      missing: 0,
      choices: ['bigint', 'double', 'string'],
      warnings: []
    },
    {
      name: 'zip',
      source_name: 'zip',
      type: 'string',
      reason: 'leading zeros would be lost in a number',
      samples: ['00501', '06390', '10001'],
      missing: 4,
      choices: ['string', 'bigint'],
      warnings: ['212 of 2,497 values begin with a zero.']
    },
    {
      name: 'shipped_on',
      source_name: 'shipped on',
      type: 'date',
      reason: 'dates as dd/MM/yyyy, proved by 31/01/2024 in line 14',
      samples: ['02/01/2024', '31/01/2024'],
      missing: 0,
      choices: ['date', 'string'],
      warnings: ['“shipped on” is named shipped_on: a name has no spaces.']
    },
    {
      name: 'weight_kg',
      source_name: 'weight_kg',
      type: 'double',
      reason: 'numbers with decimals',
      samples: ['12.5', '0.8', '104'],
      missing: 31,
      choices: ['double', 'string'],
      warnings: []
    },
    {
      name: 'note',
      source_name: 'note',
      type: 'string',
      reason: 'text',
      samples: ['fragile', 'left with the neighbour'],
      missing: 1804,
      choices: ['string'],
      warnings: []
    }
  ],
  rows: Array.from({ length: 10 }, (_, i) => [
    String(i + 1),
    ['00501', '06390', '10001', null][i % 4],
    `2024-01-${String((i % 28) + 2).padStart(2, '0')}`,
    i === 6 ? null : (12.5 + i * 3.25).toString(),
    i % 3 === 0 ? 'fragile' : null
  ]),
  num_rows: 2497,
  rejected: 3,
  rejects: [
    {
      file: 'data/shipments.csv',
      line: 212,
      column: 'weight_kg',
      error_type: 'CAST',
      reason: '“heavy” is no number',
      raw: '211;10001;04/02/2024;heavy;'
    },
    {
      file: 'data/shipments.csv',
      line: 1180,
      error_type: 'TOO_MANY_COLUMNS',
      reason: '7 values where 5 were expected',
      raw: '1179;06390;12/03/2024;3;left;at;door'
    },
    {
      file: 'data/shipments.csv',
      line: 2044,
      column: 'shipped on',
      error_type: 'CAST',
      reason: '“soon” is no date',
      raw: '2043;00501;soon;8.1;'
    }
  ],
  max_rejects: 0.1,
  table: { name: 'main.raw.shipments', exists: false, missing_columns: [] },
  warnings: [],
  complete: true
};

export const DONE: IIngestRun = {
  id: 'r1',
  state: 'SUCCEEDED',
  table: 'main.raw.shipments',
  source: ['data/shipments.csv'],
  mode: 'create',
  actor: 'ada',
  started_at: NOW - 4200,
  ended_at: NOW,
  progress: { done: 184_320, total: 184_320, message: 'Done' },
  report: {
    table: 'main.raw.shipments',
    version: 0,
    rows: 2497,
    rejected: 3,
    rejects_table: 'main.raw._rejected_shipments',
    ingest_id: 'i1',
    files: [{ path: 'data/shipments.csv', rows: 2497, rejected: 3 }],
    skipped_files: []
  }
};

export const VOLUME: IVolumeListing = {
  volume: {
    name: 'reports',
    full_name: 'main.ml.reports',
    volume_type: 'MANAGED',
    storage_location: '/home/ada/.mlnb/volumes/main/ml/reports',
    path: '/Volumes/main/ml/reports',
    owner: 'ada',
    comment: 'What the nightly report writes.',
    created_at: NOW - 9 * DAY,
    updated_at: NOW - DAY
  },
  path: '/Volumes/main/ml/reports',
  entries: [
    {
      name: '2013',
      path: '/Volumes/main/ml/reports/2013',
      is_directory: true,
      modified: NOW - 2 * DAY
    },
    {
      name: 'delays.csv',
      path: '/Volumes/main/ml/reports/delays.csv',
      is_directory: false,
      size: 48_211,
      modified: NOW - DAY
    },
    {
      name: 'nightly report.html',
      path: '/Volumes/main/ml/reports/nightly report.html',
      is_directory: false,
      size: 1_204_882,
      modified: NOW - DAY / 2
    }
  ]
};

export const FUNCTION: IFunction = {
  name: 'minutes_late',
  full_name: 'main.ml.minutes_late',
  language: 'SQL',
  owner: 'ada',
  comment: 'Minutes after the scheduled time; 0 when early.',
  parameters: [
    {
      name: 'scheduled',
      type_text: 'TIMESTAMP',
      position: 0,
      comment: 'As published'
    },
    { name: 'flown', type_text: 'TIMESTAMP', position: 1 },
    {
      name: 'cap',
      type_text: 'DOUBLE',
      position: 2,
      default: '600',
      comment: 'Longer delays count as this'
    }
  ],
  return_type: 'DOUBLE',
  body: 'RETURN least(greatest(timestampdiff(MINUTE, scheduled, flown), 0), cap)',
  body_hash: '9f2c',
  pip_requirements: [],
  created_at: NOW - 9 * DAY,
  updated_at: NOW - 3 * DAY,
  signature:
    'main.ml.minutes_late(scheduled TIMESTAMP, flown TIMESTAMP, cap DOUBLE) → DOUBLE',
  tags: [{ key: 'team', value: 'ops' }]
};

export function importRoutes(): FakeRoutes {
  return {
    'POST api/1.0/ingest/preview': PLAN,
    'POST api/1.0/ingest': { id: 'r1' },
    'GET api/1.0/ingest/*': DONE,
    'POST api/1.0/ingest/*/cancel': { ...DONE, state: 'CANCELED' },
    'GET api/1.0/volumes/*': VOLUME,
    'GET api/1.0/functions/*': FUNCTION
  };
}
