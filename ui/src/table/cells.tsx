import * as React from 'react';
import type { Cell } from '../api/types';
import { formatCell, isNumericType } from '../format';
import type { IGridColumn, IGridRow } from './types';

/** Longer values are cut in the grid; the whole is in the tooltip. */
const MAX_LENGTH = 200;

/** SQL's word, the same in every language. */
const NULL = 'null';

export function isNumeric(column: IGridColumn): boolean {
  return isNumericType(column.type ?? '');
}

export function CellValue(props: {
  column: IGridColumn;
  value: Cell;
  row: IGridRow;
}): JSX.Element {
  const { column, value, row } = props;
  if (column.render) {
    return <>{column.render(value, row)}</>;
  }
  if (value === null) {
    return <span className="jp-mlnb-Grid-missing">{NULL}</span>;
  }
  const text = formatCell(value, column.type);
  return (
    <bdi title={text.length > 24 ? text.slice(0, 2000) : undefined}>
      {text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text}
    </bdi>
  );
}

/** Pixels beside the text of a cell, and those of a mark or of the arrow of an order. */
const PADDING = 22;
const ICON = 18;
const MIN_WIDTH = 56;
const MAX_WIDTH = 320;

/** A width that fits the label and the values of a sample, within limits. */
export function fitWidth(
  column: IGridColumn,
  sample: readonly (IGridRow | undefined)[],
  measure: (text: string) => number
): number {
  if (column.width) {
    return column.width;
  }
  const values = sample.map(row =>
    row ? measure(formatCell(row.cells[column.key] ?? null, column.type)) : 0
  );
  // The label is set a little bolder.
  const label = measure(column.label) * 1.05 + (column.mark ? 2 * ICON : ICON);
  const width = Math.max(label, ...values) + PADDING;
  return Math.round(Math.min(Math.max(width, MIN_WIDTH), MAX_WIDTH));
}

/** How wide a text is in the font of an element; an estimate where nothing is drawn. */
export function measureIn(element: Element): (text: string) => number {
  const pen =
    typeof CanvasRenderingContext2D !== 'undefined'
      ? document.createElement('canvas').getContext('2d')
      : null;
  if (!pen) {
    return text => text.length * 7.6;
  }
  const { fontSize, fontFamily } = getComputedStyle(element);
  pen.font = `${fontSize} ${fontFamily}`;
  return text => pen.measureText(text.slice(0, MAX_LENGTH)).width;
}
