/** Which columns of runs are shown, and how. */
import * as React from 'react';
import type { IColumn, IRunColumn } from '../api/types';
import { Meter } from '../components/Sparkline';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import { columnFormat, formatDuration } from '../format';
import type { ITrans } from '../host';
import type { IGridColumn } from '../table/types';
import { runState, shortKey } from './rows';
import { byGoals } from './useGoals';

export const NAME = 'attributes.run_name';
export const STATUS = 'attributes.status';
export const START = 'attributes.start_time';
export const END = 'attributes.end_time';

/** Always asked for: name, state and times are shown for every run. */
export const FIXED = [NAME, STATUS, START, END];

/** So many metrics, and as many parameters, are shown until the user chooses. */
const DEFAULT_EACH = 6;

/** The metrics that count, then the columns that most runs have. */
export function defaultColumns(
  columns: readonly IRunColumn[],
  goals: readonly string[]
): string[] {
  const frequent = byGoals(
    [...columns].sort((a, b) => b.runs - a.runs),
    goals,
    column => shortKey(column.key)
  );
  return ['metrics.', 'params.'].flatMap(prefix =>
    frequent
      .filter(column => column.key.startsWith(prefix))
      .slice(0, DEFAULT_EACH)
      .map(column => column.key)
  );
}

function attributeColumns(trans: ITrans): IGridColumn[] {
  return [
    { key: NAME, label: trans.__('Run'), width: 170 },
    {
      key: STATUS,
      label: trans.__('State'),
      width: 96,
      render: value => <State {...runState(value, trans)} />
    },
    {
      key: START,
      label: trans.__('Started'),
      width: 132,
      render: value =>
        typeof value === 'number' ? <RelativeTime time={value} /> : null
    },
    {
      key: END,
      label: trans.__('Duration'),
      type: 'double',
      width: 92,
      sortable: false,
      render: (value, row) => {
        const start = row.cells[START];
        return typeof value === 'number' && typeof start === 'number'
          ? formatDuration(value - start)
          : null;
      }
    }
  ];
}

/** The chosen columns with their look; metrics carry a bar within the range of what is loaded. */
export function gridColumns(
  keys: readonly string[],
  loaded: readonly IColumn[],
  trans: ITrans
): IGridColumn[] {
  return [
    ...attributeColumns(trans),
    ...keys.map(key => {
      const isMetric = key.startsWith('metrics.');
      const data = loaded.find(column => column.key === key);
      return {
        key,
        label: shortKey(key),
        title: key,
        type: isMetric ? 'double' : data?.type,
        render: isMetric ? metricCell(data) : textCell
      };
    })
  ];
}

const MISSING = <span className="jp-mlnb-Grid-missing">–</span>;

const textCell: IGridColumn['render'] = value =>
  value === null ? MISSING : <bdi>{String(value)}</bdi>;

function metricCell(data: IColumn | undefined): IGridColumn['render'] {
  const values = (data?.values ?? []).filter(
    (value): value is number => typeof value === 'number'
  );
  const format = columnFormat(values);
  const low = Math.min(...values);
  const high = Math.max(...values);
  return value => {
    if (typeof value !== 'number') {
      return value === null ? MISSING : String(value);
    }
    // The lowest keeps a stump, so that it is seen to be one of them.
    const share = high > low ? 0.08 + (0.92 * (value - low)) / (high - low) : 0;
    return <Meter value={share} text={format(value)} />;
  };
}
