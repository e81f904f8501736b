/** Which columns of runs are shown, and how. */
import * as React from 'react';
import type { IColumn, IRunColumn } from '../api/types';
import { Icon } from '../components/Icon';
import { Meter } from '../components/Sparkline';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import {
  columnFormat,
  formatDuration,
  formatInteger,
  formatNumber
} from '../format';
import type { ITrans } from '../host';
import type { IGridColumn, IGridRow } from '../table/types';
import type { ILineInfo } from './lines';
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
/** A column that fewer of the runs fill, beside the fullest one, is mostly empty. */
const COMMON = 0.3;

/** What the table knows of a line besides its values. */
export interface ILook {
  info(id: string): ILineInfo | undefined;
  isPinned(id: string): boolean;
  onToggle(id: string): void;
  /** The column that runs are grouped by. */
  groupBy?: string;
}

/** The metrics that count, then the columns that most runs have. */
export function defaultColumns(
  columns: readonly IRunColumn[],
  goals: readonly string[]
): string[] {
  const ordered = (some: readonly IRunColumn[]): IRunColumn[] =>
    byGoals(
      [...some].sort((a, b) => b.runs - a.runs),
      goals,
      column => shortKey(column.key)
    );
  return ['metrics.', 'params.'].flatMap(prefix => {
    const of = columns.filter(column => column.key.startsWith(prefix));
    const most = Math.max(...of.map(column => column.runs));
    const isWanted = ({ key, runs }: IRunColumn): boolean =>
      runs >= most * COMMON || goals.includes(shortKey(key));
    return [
      ...ordered(of.filter(isWanted)),
      ...ordered(of.filter(column => !isWanted(column)))
    ]
      .slice(0, DEFAULT_EACH)
      .map(column => column.key);
  });
}

/** Pixels by which a run stands further in than the one that contains it. */
const INDENT = 16;

function NameCell(props: {
  row: IGridRow;
  look: ILook;
  trans: ITrans;
}): JSX.Element {
  const { row, look, trans } = props;
  const info = look.info(row.id);
  const level = info?.level ?? 1;
  const name = String(row.cells[NAME] ?? row.id.slice(0, 8));
  if (info?.kind === 'more') {
    return (
      <span
        className="jp-mlnb-RunName jp-mod-more"
        style={{ paddingInlineStart: (level - 1) * INDENT + 22 }}
      >
        {trans._n(
          '%2 more run: set a filter to see it',
          '%2 more runs: set a filter to see them',
          info.children,
          formatInteger(info.children)
        )}
      </span>
    );
  }
  const label = info?.group
    ? `${shortKey(look.groupBy ?? '')}: ${info.group.value ?? trans.__('none')}`
    : name;
  return (
    <span
      className={`jp-mlnb-RunName${info?.group ? ' jp-mod-group' : ''}`}
      style={{ paddingInlineStart: (level - 1) * INDENT }}
    >
      {info && info.children > 0 ? (
        <button
          type="button"
          className="jp-mlnb-RunName-caret"
          tabIndex={-1}
          aria-label={
            info.expanded
              ? trans.__('Collapse %1', label)
              : trans.__('Expand %1', label)
          }
          onClick={event => {
            event.stopPropagation();
            look.onToggle(row.id);
          }}
        >
          <Icon name={info.expanded ? 'caretDown' : 'caretRight'} />
        </button>
      ) : (
        <span className="jp-mlnb-RunName-caret" />
      )}
      {look.isPinned(row.id) && <Icon name="pin" label={trans.__('Pinned')} />}
      <bdi title={label}>{label}</bdi>
      {info && info.children > 0 && (
        <small>{formatInteger(info.children)}</small>
      )}
    </span>
  );
}

function attributeColumns(trans: ITrans, look: ILook): IGridColumn[] {
  return [
    {
      key: NAME,
      label: trans.__('Run'),
      width: 220,
      render: (_, row) => <NameCell row={row} look={look} trans={trans} />
    },
    {
      key: STATUS,
      label: trans.__('State'),
      width: 96,
      render: value =>
        value === null ? null : <State {...runState(value, trans)} />
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
      width: 104,
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

/** What a key is called above its column: an extreme of a metric says so. */
export function keyLabel(key: string, trans: ITrans): string {
  const [, name, extreme] = /^(.*)@(min|max)$/.exec(shortKey(key)) ?? [];
  if (!name) {
    return shortKey(key);
  }
  return extreme === 'min'
    ? trans.__('%1 least', name)
    : trans.__('%1 greatest', name);
}

/** The chosen columns with their look; metrics carry a bar within the range of what is loaded. */
export function gridColumns(
  keys: readonly string[],
  loaded: readonly IColumn[],
  trans: ITrans,
  look: ILook
): IGridColumn[] {
  return [
    ...attributeColumns(trans, look),
    ...keys.map(key => {
      const isMetric = key.startsWith('metrics.');
      const data = loaded.find(column => column.key === key);
      return {
        key,
        label: keyLabel(key, trans),
        title: key,
        type: isMetric ? 'double' : data?.type,
        render: isMetric ? metricCell(key, data, trans, look) : textCell(key)
      };
    })
  ];
}

const MISSING = <span className="jp-mlnb-Grid-missing">–</span>;

/** A column that has just been added is still on its way. */
const PENDING = <span className="jp-mlnb-Grid-pending" />;

/** What stands where a run has no value. */
function noValue(key: string, row: IGridRow): React.ReactNode {
  return isRun(row) ? (key in row.cells ? MISSING : PENDING) : null;
}

const textCell =
  (key: string): IGridColumn['render'] =>
  (value, row) =>
    value === null ? (
      noValue(key, row)
    ) : (
      <bdi title={String(value).length > 24 ? String(value) : undefined}>
        {String(value).slice(0, 200)}
      </bdi>
    );

/** Lines of groups have values of metrics only. */
const isRun = (row: IGridRow): boolean => NAME in row.cells;

function metricCell(
  key: string,
  data: IColumn | undefined,
  trans: ITrans,
  look: ILook
): IGridColumn['render'] {
  const values = (data?.values ?? []).filter(
    (value): value is number => typeof value === 'number'
  );
  const format = columnFormat(values);
  const low = Math.min(...values);
  const high = Math.max(...values);
  return (value, row) => {
    const aggregate = isRun(row)
      ? undefined
      : look.info(row.id)?.group?.metrics?.[key];
    if (typeof value !== 'number') {
      return value === null ? noValue(key, row) : String(value);
    }
    if (aggregate) {
      return (
        <span
          className="jp-mlnb-Aggregate"
          title={trans.__(
            'Mean of %1 runs, from %2 to %3',
            aggregate.count ?? 0,
            formatAny(aggregate.min),
            formatAny(aggregate.max)
          )}
        >
          {values.length > 1 ? format(value) : formatNumber(value)}
        </span>
      );
    }
    // The lowest keeps a stump, so that it is seen to be one of them.
    const share = high > low ? 0.08 + (0.92 * (value - low)) / (high - low) : 0;
    return <Meter value={share} text={format(value)} />;
  };
}

function formatAny(value: number | string | undefined): string {
  return typeof value === 'number' ? formatNumber(value) : (value ?? '–');
}
