/** How wide the columns of a grid are. */
import * as React from 'react';
import { formatCell } from '../format';
import type { IGridColumn, IGridRow } from './types';

/** Rows whose values decide, and how much of a value does. */
const SAMPLE = 40;
const MEASURED = 200;
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
  return text => pen.measureText(text.slice(0, MEASURED)).width;
}

export interface IWidthsOptions {
  columns: readonly IGridColumn[];
  total: number;
  row: (index: number) => IGridRow | undefined;
  /** Other rows come with another text: columns that are too narrow for them get wider. */
  sample?: string;
}

/** Widths from the first rows seen; they stay when later rows are longer. */
export function useWidths(
  props: IWidthsOptions,
  frame: React.RefObject<Element>
): readonly number[] {
  const { columns, total, row } = props;
  const ready = total > 0 && row(0) !== undefined;
  const known = React.useRef({
    sample: props.sample,
    widths: new Map<string, number>(),
    measured: new Map<string, string>(),
    last: [] as readonly number[]
  });
  return React.useMemo(() => {
    const sample = ready
      ? Array.from({ length: Math.min(SAMPLE, total) }, (_, i) => row(i))
      : [];
    const { widths, measured } = known.current;
    if (known.current.sample !== props.sample) {
      known.current.sample = props.sample;
      measured.clear();
    }
    let measure: ReturnType<typeof measureIn> | undefined;
    const found = columns.map(column => {
      const old = widths.get(column.key) ?? 0;
      const head = `${column.label}${column.mark ? '*' : ''}`;
      if (measured.get(column.key) === head) {
        return old;
      }
      measure ??= measureIn(frame.current ?? document.body);
      const width = Math.max(old, fitWidth(column, sample, measure));
      if (ready) {
        widths.set(column.key, width);
      }
      // A column that has just been added has its values later than its rows.
      if (sample.some(one => one && column.key in one.cells)) {
        measured.set(column.key, head);
      }
      return width;
    });
    const { last } = known.current;
    if (
      last.length !== found.length ||
      found.some((width, i) => width !== last[i])
    ) {
      known.current.last = found;
    }
    return known.current.last;
    // The rows' accessor is new with each rendering; whether there are rows decides.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [columns, ready, props.sample]);
}
