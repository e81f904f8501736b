/** A server with the demo in it. */
import type { FakeRoutes } from './fakeServer';
import { COMMITS, FLIGHTS, preview, tree } from './fixtures.catalog';
import { FOUND, PINNED, SEEN, TRASH } from './fixtures.browse';
import {
  EXPERIMENTS,
  RUN,
  RUN_COLUMNS,
  runs,
  SCOPES
} from './fixtures.experiments';
import { tableRoutes } from './fixtures.tables';

export * from './fixtures.browse';
export * from './fixtures.catalog';
export * from './fixtures.experiments';
export * from './fixtures.tables';

/** Answers of all routes of catalog and experiments. */
export function demoRoutes(): FakeRoutes {
  return {
    ...tableRoutes(),
    'GET api/1.0/tree': tree,
    'GET api/1.0/trash': { items: TRASH },
    'GET api/1.0/me/state/catalog.pins': { value: PINNED },
    'GET api/1.0/me/state/catalog.recent': { value: SEEN },
    'PUT api/1.0/me/state/*': {},
    'GET api/1.0/search': FOUND,
    'GET api/1.0/tables/main.raw.flights': FLIGHTS,
    'GET api/1.0/tables/*/preview': preview,
    'GET api/1.0/tables/*/history': { commits: COMMITS },
    'GET api/1.0/scopes': { scopes: SCOPES },
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
