import type * as React from 'react';
import type { Cell } from '../api/types';

export interface IGridColumn {
  key: string;
  label: string;
  /** The data's type: decides alignment and format. */
  type?: string;
  width?: number;
  /** Beside the label: a key, a clock. */
  mark?: React.ReactNode;
  title?: string;
  sortable?: boolean;
  render?: (value: Cell, row: IGridRow) => React.ReactNode;
}

export interface IGridRow {
  id: string;
  cells: Readonly<Record<string, Cell>>;
}

export interface ISort {
  key: string;
  down: boolean;
}

/** Rows first to last, counted from 0, both included. */
export interface IRange {
  first: number;
  last: number;
}
