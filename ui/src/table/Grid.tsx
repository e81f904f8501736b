import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';
import { Icon } from '../components/Icon';
import { useHost } from '../host';
import { formatCell } from '../format';
import { isNumeric } from './cells';
import { GridLine } from './GridLine';
import type { IGridHandlers, IGridLayout } from './GridLine';
import { moveTo } from './gridKeys';
import type { IPlace } from './gridKeys';
import type {
  IGridColumn,
  IGridLead,
  IGridLevel,
  IGridRow,
  IGridSelection,
  IRange,
  ISort
} from './types';
import { useWidths } from './widths';

/** Height of a row in pixels, as in the style sheet. */
const ROW = 24;
/** Rows that are there beyond those in view. */
const OVERSCAN = 4;

export interface IGridProps {
  label: string;
  columns: readonly IGridColumn[];
  total: number;
  row: (index: number) => IGridRow | undefined;
  onRange: (range: IRange) => void;
  /** Which columns are in view, for those who fetch only these. */
  onColumns?: (range: IRange) => void;
  sort?: ISort | null;
  onSort?: (key: string) => void;
  onOpen?: (row: IGridRow) => void;
  /** Rows carry their number in front. */
  numbered?: boolean;
  isStale?: boolean;
  /** Other rows come with another text: columns that are too narrow for them get wider. */
  sample?: string;
  /** Rows that stay below the header while the others scroll. */
  pinned?: readonly IGridRow[];
  selection?: IGridSelection;
  lead?: IGridLead;
  level?: (row: IGridRow) => IGridLevel | undefined;
  rowClass?: (row: IGridRow) => string | undefined;
  /** Keys of its own; true when it took one. `column` counts from 0. */
  onKey?: (
    event: React.KeyboardEvent,
    row: IGridRow | undefined,
    index: number,
    column: number
  ) => boolean;
}

const NONE: readonly IGridRow[] = [];

/**
 * A table of any length and width: only what is in view exists as elements. The first column stays
 * in place. One stop of the Tab key; the active cell moves with the arrow keys.
 */
export function Grid(props: IGridProps): JSX.Element {
  const { columns, total, pinned = NONE } = props;
  const base = React.useId();
  const frame = React.useRef<HTMLDivElement>(null);
  const [active, setActive] = React.useState<IPlace>({ row: 0, column: 0 });
  const widths = useWidths(props, frame);
  const lead = leadWidth(props);

  // Both hear of a scroll, this one first: it reads before the rows are drawn, and so makes nobody lay out twice.
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => frame.current,
    estimateSize: i => widths[i] ?? 80,
    overscan: 2,
    scrollPaddingStart: lead + (widths[0] ?? 0)
  });
  const rows = useVirtualizer({
    count: total,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: OVERSCAN + pinned.length,
    scrollPaddingStart: ROW * (1 + pinned.length)
  });
  React.useEffect(() => across.measure(), [across, widths]);

  const visible = rows.getVirtualItems();
  useTellRange(visible, props.onRange);
  const items = across.getVirtualItems();
  useTellRange(items, props.onColumns);
  const width = lead + across.getTotalSize();
  const firstWidth = widths[0] ?? 0;
  const layout = React.useMemo<IGridLayout>(
    () => ({
      // The first column stays in place, so it is always there.
      items: items.some(item => item.index === 0)
        ? items
        : [{ index: 0, start: 0, size: firstWidth }, ...items],
      columns,
      lead,
      width,
      base
    }),
    [items, columns, lead, width, base, firstWidth]
  );

  const onKeyDown = useKeys(props, active, place => {
    setActive(place);
    across.scrollToIndex(place.column);
    if (place.row >= 0) {
      rows.scrollToIndex(place.row);
    }
  });
  const handlers = useHandlers(props, setActive);
  // Rows that leave make room for those that come: elements are used again, not made anew.
  const slots = React.useRef(0);
  slots.current = Math.max(slots.current, visible.length);
  const line = (
    row: IGridRow | undefined,
    index: number,
    start?: number
  ): JSX.Element => (
    <GridLine
      key={start === undefined ? `pinned-${row?.id}` : index % slots.current}
      row={row}
      index={index}
      start={start}
      ariaIndex={index + 2 + pinned.length}
      layout={layout}
      handlers={handlers}
      numbered={props.numbered}
      leadCell={props.lead?.cell}
      selected={
        row && props.selection ? props.selection.has(row.id) : undefined
      }
      level={row && props.level?.(row)?.level}
      expanded={row && props.level?.(row)?.expanded}
      className={row && props.rowClass?.(row)}
      activeColumn={index === active.row ? active.column : undefined}
    />
  );

  return (
    <div
      ref={frame}
      className={`jp-mlnb-Grid${props.isStale ? ' jp-mod-stale' : ''}${props.onOpen ? ' jp-mod-opens' : ''}`}
      role={props.level ? 'treegrid' : 'grid'}
      aria-label={props.label}
      aria-rowcount={total + pinned.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable={props.selection ? true : undefined}
      aria-activedescendant={`${base}-${active.row}-${active.column}`}
      aria-busy={props.isStale || undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div
        className="jp-mlnb-Grid-head"
        role="row"
        aria-rowindex={1}
        style={{ width }}
      >
        {lead > 0 && (
          <span
            className={`jp-mlnb-Grid-lead${props.lead ? ' jp-mod-controls' : ''}`}
            role={props.lead ? 'columnheader' : undefined}
            style={{ width: lead }}
          >
            {props.lead?.head}
          </span>
        )}
        {layout.items.map(item => (
          <HeaderCell
            key={columns[item.index].key}
            id={`${base}-${-1 - pinned.length}-${item.index}`}
            index={item.index}
            isActive={
              active.row === -1 - pinned.length && active.column === item.index
            }
            column={columns[item.index]}
            style={{
              width: item.size,
              insetInlineStart: lead + (item.index === 0 ? 0 : item.start)
            }}
            sort={props.sort}
            onSort={props.onSort}
          />
        ))}
      </div>
      {pinned.length > 0 && (
        <div
          className="jp-mlnb-Grid-pinned"
          role="presentation"
          style={{ width, height: ROW * pinned.length }}
        >
          {pinned.map((row, i) => line(row, i - pinned.length))}
        </div>
      )}
      <div
        className="jp-mlnb-Grid-body"
        role="presentation"
        style={{ width, height: rows.getTotalSize() }}
      >
        {visible.map(item =>
          line(props.row(item.index), item.index, item.start)
        )}
      </div>
    </div>
  );
}

function leadWidth(props: IGridProps): number {
  if (props.lead) {
    return props.lead.width;
  }
  return props.numbered ? Math.max(String(props.total).length * 8 + 18, 40) : 0;
}

/** Tells of the first and the last item when one of them is another. */
function useTellRange(
  items: readonly { index: number }[],
  tell: ((range: IRange) => void) | undefined
): void {
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? 0;
  React.useEffect(() => tell?.({ first, last }), [tell, first, last]);
}

/** The same functions for ever, so that a row is drawn anew only when it is another. */
function useHandlers(
  props: IGridProps,
  setActive: (place: IPlace) => void
): IGridHandlers {
  const latest = React.useRef(props);
  React.useLayoutEffect(() => {
    latest.current = props;
  });
  return React.useMemo(
    () => ({
      onCell: (event, place, row) => {
        const { selection, onOpen } = latest.current;
        setActive(place);
        if (
          row &&
          selection &&
          (event.shiftKey || event.ctrlKey || event.metaKey)
        ) {
          selection.toggle(place.row, row, event.shiftKey);
        } else if (row && place.column === 0) {
          onOpen?.(row);
        }
      },
      onDouble: row => {
        // The words under the second click are chosen by the browser, and would be all over the page that opens.
        window.getSelection()?.removeAllRanges();
        latest.current.onOpen?.(row);
      }
    }),
    [setActive]
  );
}

function HeaderCell(props: {
  id: string;
  index: number;
  isActive: boolean;
  column: IGridColumn;
  style: React.CSSProperties;
  sort?: ISort | null;
  onSort?: (key: string) => void;
}): JSX.Element {
  const { column, sort, onSort, index } = props;
  const sorted = sort?.key === column.key ? sort : null;
  const sortable = onSort !== undefined && column.sortable !== false;
  const classes = [
    'jp-mlnb-Grid-cell',
    isNumeric(column) ? 'jp-mod-numeric' : '',
    index === 0 ? 'jp-mod-frozen' : '',
    sortable ? 'jp-mod-sortable' : ''
  ];
  return (
    <div
      id={props.id}
      aria-colindex={index + 1}
      data-active={props.isActive || undefined}
      role="columnheader"
      aria-sort={
        sorted ? (sorted.down ? 'descending' : 'ascending') : undefined
      }
      className={classes.filter(Boolean).join(' ')}
      style={props.style}
      title={column.title ?? column.label}
      onClick={sortable ? () => onSort(column.key) : undefined}
    >
      {column.mark}
      <bdi className="jp-mlnb-Grid-label">{column.label}</bdi>
      {sorted && <Icon name={sorted.down ? 'arrowDown' : 'arrowUp'} />}
    </div>
  );
}

function useKeys(
  props: IGridProps,
  active: IPlace,
  go: (place: IPlace) => void
): (event: React.KeyboardEvent<HTMLDivElement>) => void {
  const host = useHost();
  const { columns, total, pinned = NONE, selection } = props;
  const rowAt = (index: number): IGridRow | undefined =>
    index >= 0 ? props.row(index) : pinned[index + pinned.length];
  return event => {
    // Buttons in cells take their own keys.
    if (event.target !== event.currentTarget && event.key === 'Enter') {
      return;
    }
    const column = columns[Math.min(active.column, columns.length - 1)];
    const row = rowAt(active.row);
    const ctrl = event.ctrlKey || event.metaKey;
    const target = moveTo(active, event.key, ctrl, {
      rows: total,
      columns: columns.length,
      page: Math.max(Math.floor(event.currentTarget.clientHeight / ROW) - 2, 1),
      pinned: pinned.length
    });
    if (props.onKey?.(event, row, active.row, active.column)) {
      // It was taken.
    } else if (target) {
      go(target);
      const reached = rowAt(target.row);
      if (event.shiftKey && selection && reached && target.row !== active.row) {
        if (row && !selection.has(row.id)) {
          selection.toggle(active.row, row, false);
        }
        selection.toggle(target.row, reached, true);
      }
    } else if (event.key === ' ' && selection && row) {
      selection.toggle(active.row, row, event.shiftKey);
    } else if (event.key === 'a' && ctrl && selection?.all) {
      selection.all();
    } else if (event.key === 'Enter' && active.row < -pinned.length) {
      props.onSort?.(column.key);
    } else if (event.key === 'Enter' && row) {
      props.onOpen?.(row);
    } else if (event.key === 'c' && ctrl && row) {
      void host.copy(formatCell(row.cells[column.key] ?? null, column.type));
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
}
