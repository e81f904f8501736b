import * as React from 'react';
import { CellValue, isNumeric } from './cells';
import type { IPlace } from './gridKeys';
import type { IGridColumn, IGridRow } from './types';

/** What all rows have in common; the same object until it changes. */
export interface IGridLayout {
  items: readonly { index: number; start: number; size: number }[];
  columns: readonly IGridColumn[];
  lead: number;
  width: number;
  /** What the ids of cells begin with. */
  base: string;
}

export interface IGridHandlers {
  onCell(
    event: React.MouseEvent,
    place: IPlace,
    row: IGridRow | undefined
  ): void;
  onDouble(row: IGridRow): void;
}

export interface IGridLineProps {
  row: IGridRow | undefined;
  /** Negative for pinned rows. */
  index: number;
  /** Pixels from the top; undefined for pinned rows, which follow each other. */
  start?: number;
  ariaIndex: number;
  layout: IGridLayout;
  handlers: IGridHandlers;
  numbered?: boolean;
  leadCell?: (row: IGridRow, index: number) => React.ReactNode;
  selected?: boolean;
  level?: number;
  expanded?: boolean;
  className?: string;
  /** The active cell's column when it is in this row. */
  activeColumn?: number;
}

/** One row; drawn again only when something of it is another. */
export const GridLine = React.memo(function GridLine(
  props: IGridLineProps
): JSX.Element {
  const { row, index, layout, handlers, start } = props;
  const { lead, columns, base } = layout;
  const classes = [
    'jp-mlnb-Grid-row',
    props.selected ? 'jp-mod-selected' : '',
    props.className ?? ''
  ];
  return (
    <div
      className={classes.filter(Boolean).join(' ')}
      role="row"
      aria-rowindex={props.ariaIndex}
      aria-selected={props.selected}
      aria-level={props.level}
      aria-expanded={props.expanded}
      style={{
        transform: start === undefined ? undefined : `translateY(${start}px)`,
        width: layout.width
      }}
      onDoubleClick={() => row && handlers.onDouble(row)}
    >
      {lead > 0 && (
        <span
          className={`jp-mlnb-Grid-lead${props.leadCell ? ' jp-mod-controls' : ''}`}
          role={props.leadCell ? 'gridcell' : undefined}
          style={{ width: lead }}
        >
          {props.numbered && index + 1}
          {row && props.leadCell?.(row, index)}
        </span>
      )}
      {layout.items.map(item => {
        const column = columns[item.index];
        return column ? (
          <div
            key={column.key}
            id={`${base}-${index}-${item.index}`}
            aria-colindex={item.index + 1}
            data-active={item.index === props.activeColumn || undefined}
            role="gridcell"
            className={cellClass(column, item.index === 0)}
            style={{
              width: item.size,
              insetInlineStart: lead + (item.index === 0 ? 0 : item.start)
            }}
            onClick={event =>
              handlers.onCell(event, { row: index, column: item.index }, row)
            }
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
        ) : null;
      })}
    </div>
  );
});

function cellClass(column: IGridColumn, frozen: boolean): string {
  return [
    'jp-mlnb-Grid-cell',
    isNumeric(column) ? 'jp-mod-numeric' : '',
    frozen ? 'jp-mod-frozen' : ''
  ]
    .filter(Boolean)
    .join(' ');
}
