/** Where a key leads in a grid; above row 0 are the pinned rows, the last of them row -1, and then the header. */

export interface IPlace {
  row: number;
  column: number;
}

export interface IExtent {
  rows: number;
  columns: number;
  /** Rows that fit on a screen. */
  page: number;
  /** Rows that stay on top. */
  pinned?: number;
}

export function moveTo(
  place: IPlace,
  key: string,
  ctrl: boolean,
  extent: IExtent
): IPlace | null {
  const { row, column } = place;
  const moved: Record<string, IPlace> = {
    ArrowDown: { row: row + 1, column },
    ArrowUp: { row: row - 1, column },
    ArrowRight: { row, column: column + 1 },
    ArrowLeft: { row, column: column - 1 },
    PageDown: { row: row + extent.page, column },
    PageUp: { row: Math.max(row - extent.page, 0), column },
    Home: ctrl ? { row: 0, column: 0 } : { row, column: 0 },
    End: ctrl
      ? { row: extent.rows - 1, column: extent.columns - 1 }
      : { row, column: extent.columns - 1 }
  };
  const target = moved[key];
  return target
    ? {
        row: clamp(target.row, -1 - (extent.pinned ?? 0), extent.rows - 1),
        column: clamp(target.column, 0, extent.columns - 1)
      }
    : null;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
