import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';
import { Icon } from '../components/Icon';
import { formatCell } from '../format';
import { useHost } from '../host';
import { CellValue, fitWidth, isNumeric, measureIn } from './cells';
import { moveTo } from './gridKeys';
import type { IPlace } from './gridKeys';
import type { IGridColumn, IGridRow, IRange, ISort } from './types';

/** Height of a row in pixels, as in the style sheet. */
const ROW = 24;
/** Rows whose values decide the widths of columns. */
const SAMPLE = 40;

export interface IGridProps {
  label: string;
  columns: readonly IGridColumn[];
  total: number;
  row: (index: number) => IGridRow | undefined;
  onRange: (range: IRange) => void;
  sort?: ISort | null;
  onSort?: (key: string) => void;
  onOpen?: (row: IGridRow) => void;
  /** Rows carry their number in front. */
  numbered?: boolean;
  isStale?: boolean;
  /** Other rows come with another text: columns that are too narrow for them get wider. */
  sample?: string;
}

/**
 * A table of any length and width: only what is in view exists as elements. The first column stays
 * in place. One stop of the Tab key; the active cell moves with the arrow keys.
 */
export function Grid(props: IGridProps): JSX.Element {
  const { columns, total } = props;
  const base = React.useId();
  const frame = React.useRef<HTMLDivElement>(null);
  const [active, setActive] = React.useState<IPlace>({ row: 0, column: 0 });
  const widths = useWidths(props, frame);
  const lead = props.numbered ? Math.max(String(total).length * 8 + 18, 40) : 0;

  const rows = useVirtualizer({
    count: total,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 8,
    scrollPaddingStart: ROW
  });
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => frame.current,
    estimateSize: i => widths[i] ?? 80,
    overscan: 3,
    scrollPaddingStart: lead + (widths[0] ?? 0)
  });
  React.useEffect(() => across.measure(), [across, widths]);

  const visible = rows.getVirtualItems();
  const first = visible[0]?.index ?? 0;
  const last = visible[visible.length - 1]?.index ?? 0;
  const { onRange } = props;
  React.useEffect(() => onRange({ first, last }), [onRange, first, last]);

  const columnItems = across.getVirtualItems();
  // The first column stays in place, so it is always there.
  const shown = columnItems.some(item => item.index === 0)
    ? columnItems
    : [{ index: 0, start: 0, size: widths[0] ?? 0 }, ...columnItems];
  const width = lead + across.getTotalSize();

  const onKeyDown = useKeys(props, active, place => {
    setActive(place);
    across.scrollToIndex(place.column);
    if (place.row >= 0) {
      rows.scrollToIndex(place.row);
    }
  });

  const cell = (place: IPlace): object => ({
    id: `${base}-${place.row}-${place.column}`,
    'aria-colindex': place.column + 1,
    'data-active':
      place.row === active.row && place.column === active.column
        ? true
        : undefined
  });
  const position = (item: { index: number; start: number; size: number }) =>
    item.index === 0
      ? { width: item.size, insetInlineStart: lead }
      : { width: item.size, insetInlineStart: lead + item.start };

  return (
    <div
      ref={frame}
      className={`jp-mlnb-Grid${props.isStale ? ' jp-mod-stale' : ''}${props.onOpen ? ' jp-mod-opens' : ''}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={total + 1}
      aria-colcount={columns.length}
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
          <span className="jp-mlnb-Grid-lead" style={{ width: lead }} />
        )}
        {shown.map(item => (
          <HeaderCell
            key={columns[item.index].key}
            attributes={cell({ row: -1, column: item.index })}
            column={columns[item.index]}
            style={position(item)}
            frozen={item.index === 0}
            sort={props.sort}
            onSort={props.onSort}
          />
        ))}
      </div>
      <div
        className="jp-mlnb-Grid-body"
        role="presentation"
        style={{ width, height: rows.getTotalSize() }}
      >
        {visible.map(line => {
          const row = props.row(line.index);
          return (
            <div
              key={line.key}
              className={`jp-mlnb-Grid-row${line.index % 2 ? ' jp-mod-odd' : ''}`}
              role="row"
              aria-rowindex={line.index + 2}
              style={{ transform: `translateY(${line.start}px)`, width }}
              onDoubleClick={() => row && props.onOpen?.(row)}
            >
              {lead > 0 && (
                <span className="jp-mlnb-Grid-lead" style={{ width: lead }}>
                  {line.index + 1}
                </span>
              )}
              {shown.map(item => {
                const column = columns[item.index];
                return (
                  <div
                    key={column.key}
                    {...cell({ row: line.index, column: item.index })}
                    role="gridcell"
                    className={cellClass(column, item.index === 0)}
                    style={position(item)}
                    onClick={() => {
                      setActive({ row: line.index, column: item.index });
                      if (item.index === 0 && row) {
                        props.onOpen?.(row);
                      }
                    }}
                  >
                    {row ? (
                      <CellValue
                        column={column}
                        value={row.cells[column.key] ?? null}
                        row={row}
                      />
                    ) : (
                      <span className="jp-mlnb-Grid-pending" />
                    )}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function cellClass(column: IGridColumn, frozen: boolean): string {
  return [
    'jp-mlnb-Grid-cell',
    isNumeric(column) ? 'jp-mod-numeric' : '',
    frozen ? 'jp-mod-frozen' : ''
  ]
    .filter(Boolean)
    .join(' ');
}

function HeaderCell(props: {
  attributes: object;
  column: IGridColumn;
  style: React.CSSProperties;
  frozen: boolean;
  sort?: ISort | null;
  onSort?: (key: string) => void;
}): JSX.Element {
  const { column, sort, onSort } = props;
  const sorted = sort?.key === column.key ? sort : null;
  const sortable = onSort !== undefined && column.sortable !== false;
  return (
    <div
      {...props.attributes}
      role="columnheader"
      aria-sort={
        sorted ? (sorted.down ? 'descending' : 'ascending') : undefined
      }
      className={`${cellClass(column, props.frozen)}${sortable ? ' jp-mod-sortable' : ''}`}
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

/** Widths from the first rows seen; they stay when later rows are longer. */
function useWidths(
  props: IGridProps,
  frame: React.RefObject<Element>
): readonly number[] {
  const { columns, total, row } = props;
  const ready = total > 0 && row(0) !== undefined;
  const known = React.useRef(new Map<string, number>());
  return React.useMemo(() => {
    const sample = ready
      ? Array.from({ length: Math.min(SAMPLE, total) }, (_, i) => row(i))
      : [];
    const measure = measureIn(frame.current ?? document.body);
    return columns.map(column => {
      const width = Math.max(
        known.current.get(column.key) ?? 0,
        fitWidth(column, sample, measure)
      );
      if (ready) {
        known.current.set(column.key, width);
      }
      return width;
    });
    // The rows' accessor is new with each rendering; whether there are rows decides.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [columns, ready, props.sample]);
}

function useKeys(
  props: IGridProps,
  active: IPlace,
  go: (place: IPlace) => void
): (event: React.KeyboardEvent<HTMLDivElement>) => void {
  const host = useHost();
  return event => {
    const { columns, total } = props;
    const column = columns[active.column];
    const row = active.row >= 0 ? props.row(active.row) : undefined;
    const ctrl = event.ctrlKey || event.metaKey;
    const target = moveTo(active, event.key, ctrl, {
      rows: total,
      columns: columns.length,
      page: Math.max(Math.floor(event.currentTarget.clientHeight / ROW) - 2, 1)
    });
    if (target) {
      go(target);
    } else if (event.key === 'Enter' && active.row < 0) {
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
