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
