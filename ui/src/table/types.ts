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

/** Which rows are chosen, and what chooses them. */
export interface IGridSelection {
  has(id: string): boolean;
  /** One more or one less; `extend`: all from the one chosen last to this one. */
  toggle(index: number, row: IGridRow, extend: boolean): void;
  all?(): void;
  clear?(): void;
}

/** A narrow column of controls in front of the first one. */
export interface IGridLead {
  width: number;
  head?: React.ReactNode;
  cell(row: IGridRow, index: number): React.ReactNode;
}

/** Where a row stands among others: 1 for those that are in no other. */
export interface IGridLevel {
  level: number;
  /** Undefined where there is nothing to expand. */
  expanded?: boolean;
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
