/** What surrounds the tree: pins, what was opened, the trash. */
import type { IRemembered } from '../catalog/usePins';
import type { IDropped, ISearchPage } from '../api/types';

const HOUR = 3_600_000;
const NOW = Date.now();

export const PINNED: IRemembered[] = [
  {
    address: 'mlnb:table/main.raw.flights',
    name: 'main.raw.flights',
    kind: 'table'
  }
];

export const SEEN: IRemembered[] = [
  {
    address: 'mlnb:table/main.ml.flight_labels',
    name: 'main.ml.flight_labels',
    kind: 'table'
  },
  {
    address: 'mlnb:model/main.ml.flights',
    name: 'main.ml.flights',
    kind: 'model'
  },
  {
    address: 'mlnb:table/main.raw.flights',
    name: 'main.raw.flights',
    kind: 'table'
  }
];

export const TRASH: IDropped[] = [
  {
    kind: 'table',
    full_name: 'main.raw.flights_copy',
    name: 'flights_copy',
    dropped_at: NOW - HOUR,
    dropped_by: 'ada',
    until: NOW - HOUR + 7 * 24 * HOUR,
    num_rows: 100,
    size_bytes: 4096
  }
];

export const FOUND: ISearchPage = {
  hits: [
    {
      address: 'mlnb:table/main.raw.flights',
      kind: 'table',
      name: 'flights',
      full_name: 'main.raw.flights',
      where: 'main.raw',
      snippet: '⟦fli⟧ghts',
      matched: 'name',
      badge: 'certified'
    },
    {
      address: 'mlnb:model/main.ml.flights',
      kind: 'model',
      name: 'flights',
      full_name: 'main.ml.flights',
      where: 'main.ml',
      snippet: '⟦fli⟧ghts',
      matched: 'name'
    },
    {
      address: 'mlnb:table/main.ml.flight_labels?tab=schema&column=flight_id',
      kind: 'column',
      name: 'flight_id',
      full_name: 'main.ml.flight_labels.flight_id',
      where: 'main.ml.flight_labels',
      snippet: '⟦fli⟧ght_id',
      matched: 'name'
    },
    {
      address: 'mlnb:table/main.raw.weather',
      kind: 'table',
      name: 'weather',
      full_name: 'main.raw.weather',
      where: 'main.raw',
      snippet: 'Hourly weather at the three airports that the ⟦fli⟧ghts leave',
      matched: 'comment'
    }
  ]
};
