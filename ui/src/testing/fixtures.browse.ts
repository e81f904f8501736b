/** What surrounds the tree: pins, what was opened, the trash. */
import type { IRemembered } from '../catalog/usePins';
import type { IDropped } from '../api/types';

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
