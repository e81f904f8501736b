import * as React from 'react';
import type { IDrift } from '../api/types.monitors';
import { Icon } from '../components/Icon';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { figure, shortFigure, ticks, windowName } from './words';

/** Below so many windows a cell has room for its figure. */
const ROOM_FOR_FIGURES = 12;

export interface IHeatMapProps {
  /** What is shown, in a few words: the name of the whole. */
  label: string;
  drift: IDrift;
  selected: string | null;
  /** Start of the chosen window, when a cell and not a whole row was chosen. */
  selectedWindow: number | null;
  onSelect: (column: string, window: number | null) => void;
}

/** Columns by windows: how far each column is from the baseline in each window. Cells are buttons with words. */
export function HeatMap(props: IHeatMapProps): JSX.Element {
  const { drift, onSelect } = props;
  const trans = useTrans();
  const names = React.useMemo(() => drift.windows.map(windowName), [drift]);
  const scale = React.useMemo(() => scaleOf(drift), [drift]);
  const root = React.useRef<HTMLDivElement>(null);

  const onClick = (event: React.MouseEvent): void => {
    const place = placeOf(event.target);
    if (place) {
      const column = drift.columns[place.row];
      const window = drift.windows[place.cell];
      onSelect(column, window ? window.start : null);
    }
  };
  return (
    <div
      ref={root}
      className="jp-mlnb-HeatMap"
      role="group"
      aria-label={props.label}
      style={{ '--jp-mlnb-windows': names.length } as React.CSSProperties}
      onClick={onClick}
      onKeyDown={event => moveFocus(event, root.current)}
      onFocus={event => keepTabStop(event.target, root.current)}
    >
      {drift.columns.map((column, row) => (
        <HeatRow
          key={column}
          row={row}
          column={column}
          values={drift.values[row]}
          drifted={drift.drifted[row]}
          names={names}
          scale={scale}
          trans={trans}
          selected={props.selected === column}
          selectedCell={
            props.selected === column && props.selectedWindow !== null
              ? drift.windows.findIndex(
                  one => one.start === props.selectedWindow
                )
              : -1
          }
        />
      ))}
      <div className="jp-mlnb-HeatMap-axis" aria-hidden="true">
        <span />
        <div className="jp-mlnb-HeatMap-ticks">
          {ticks(drift.windows).map(tick => (
            <span
              key={tick.at}
              style={{ insetInlineStart: `${(tick.at / names.length) * 100}%` }}
            >
              {tick.label}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

interface IScale {
  limit: number | undefined;
  max: number;
}

function scaleOf(drift: IDrift): IScale {
  let max = 0;
  for (const line of drift.values) {
    for (const value of line) {
      max = Math.max(max, Math.abs(value ?? 0));
    }
  }
  return { limit: drift.threshold, max };
}

/** How deep a cell's colour is, in percent: below the limit of the cool colour, past it of the warm one. */
export function depth(value: number, drifted: boolean, scale: IScale): number {
  const size = Math.abs(value);
  const { limit, max } = scale;
  if (drifted && limit !== undefined) {
    return max > limit ? Math.round((100 * (size - limit)) / (max - limit)) : 0;
  }
  const whole = limit ?? max;
  return whole > 0 ? Math.round(100 * Math.min(size / whole, 1)) : 0;
}

interface IHeatRowProps {
  row: number;
  column: string;
  values: readonly (number | null)[];
  drifted: readonly boolean[];
  names: readonly string[];
  scale: IScale;
  trans: ITrans;
  selected: boolean;
  selectedCell: number;
}

const HeatRow = React.memo(function HeatRow(props: IHeatRowProps): JSX.Element {
  const { row, column, values, drifted, names, scale, trans } = props;
  const count = drifted.filter(Boolean).length;
  const figures = names.length <= ROOM_FOR_FIGURES;
  return (
    <div
      className={`jp-mlnb-HeatMap-row${props.selected ? ' jp-mod-selected' : ''}`}
      role="group"
      aria-label={column}
    >
      <button
        type="button"
        className="jp-mlnb-HeatMap-name"
        data-row={row}
        data-cell={-1}
        tabIndex={row === 0 ? 0 : -1}
        aria-pressed={props.selected}
        title={column}
      >
        <bdi>{column}</bdi>
        {count > 0 && (
          <span
            className="jp-mlnb-HeatMap-count"
            title={trans.__(
              'Drifted in %1 of %2 windows',
              formatInteger(count),
              formatInteger(names.length)
            )}
          >
            <Icon name="alert" label={trans.__('drifted')} />
            {formatInteger(count)}
          </span>
        )}
      </button>
      <div className="jp-mlnb-HeatMap-cells">
        {values.map((value, cell) => (
          <button
            key={cell}
            type="button"
            className={`jp-mlnb-HeatMap-cell${value === null ? ' jp-mod-none' : drifted[cell] ? ' jp-mod-drifted' : ''}`}
            data-row={row}
            data-cell={cell}
            tabIndex={-1}
            aria-pressed={props.selectedCell === cell ? true : undefined}
            title={words(column, names[cell], value, drifted[cell], props)}
            style={
              value === null
                ? undefined
                : ({
                    '--jp-mlnb-depth': `${depth(value, drifted[cell], scale)}%`
                  } as React.CSSProperties)
            }
          >
            {figures && value !== null ? shortFigure(value) : null}
          </button>
        ))}
      </div>
    </div>
  );
});

function words(
  column: string,
  window: string,
  value: number | null,
  drifted: boolean,
  { scale, trans }: IHeatRowProps
): string {
  if (value === null) {
    return trans.__('%1, %2: not defined', column, window);
  }
  const shown = figure(value);
  return drifted && scale.limit !== undefined
    ? trans.__(
        '%1, %2: %3, drifted (past %4)',
        column,
        window,
        shown,
        figure(scale.limit)
      )
    : trans.__('%1, %2: %3', column, window, shown);
}

/** What the colours mean. */
export function HeatLegend({ drift }: { drift: IDrift }): JSX.Element {
  const trans = useTrans();
  const { limit, max } = scaleOf(drift);
  return (
    <div className="jp-mlnb-HeatLegend" aria-label={trans.__('Legend')}>
      <span>0</span>
      <span className="jp-mlnb-HeatLegend-cool" />
      {limit === undefined ? (
        <span>{figure(max)}</span>
      ) : (
        <>
          <span>{trans.__('limit %1', figure(limit))}</span>
          <span className="jp-mlnb-HeatLegend-warm" />
          <span>{trans.__('%1 drifted', figure(Math.max(limit, max)))}</span>
        </>
      )}
      <span className="jp-mlnb-HeatLegend-none" />
      <span>{trans.__('not defined')}</span>
    </div>
  );
}

function placeOf(target: EventTarget): { row: number; cell: number } | null {
  const button = (target as Element).closest<HTMLElement>('[data-cell]');
  return button
    ? { row: Number(button.dataset.row), cell: Number(button.dataset.cell) }
    : null;
}

function find(
  root: HTMLElement | null,
  row: number,
  cell: number
): HTMLElement | null {
  return (
    root?.querySelector<HTMLElement>(
      `[data-row="${row}"][data-cell="${cell}"]`
    ) ?? null
  );
}

/** Arrows move between cells, Home and End within a row. */
function moveFocus(event: React.KeyboardEvent, root: HTMLElement | null): void {
  const place = placeOf(event.target);
  if (!place || !root) {
    return;
  }
  const { row, cell } = place;
  const last = root.querySelectorAll(`[data-row="${row}"]`).length - 2;
  const next = {
    ArrowRight: [row, cell + 1],
    ArrowLeft: [row, cell - 1],
    ArrowUp: [row - 1, cell],
    ArrowDown: [row + 1, cell],
    Home: [row, -1],
    End: [row, last]
  }[event.key];
  const target = next && find(root, next[0], next[1]);
  if (next) {
    event.preventDefault();
    target?.focus();
  }
}

/** One stop of the Tab key: the cell that was last in focus. */
function keepTabStop(target: Element, root: HTMLElement | null): void {
  if (target.matches('[data-cell]')) {
    root
      ?.querySelectorAll<HTMLElement>('[tabindex="0"]')
      .forEach(one => (one.tabIndex = -1));
    (target as HTMLElement).tabIndex = 0;
  }
}
