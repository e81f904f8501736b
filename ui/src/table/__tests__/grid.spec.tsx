import { fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { renderWithHost } from '../../testing';
import { Grid } from '../Grid';
import type { IGridProps } from '../Grid';
import { moveTo } from '../gridKeys';
import { blockOffsets } from '../useBlocks';

const COLUMNS = [
  { key: 'id', label: 'id', type: 'bigint' },
  { key: 'name', label: 'name', type: 'string' },
  ...Array.from({ length: 60 }, (_, i) => ({
    key: `c${i}`,
    label: `c${i}`,
    type: 'double'
  }))
];

function show(
  changes: Partial<IGridProps> = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <Grid
      label="Rows"
      columns={COLUMNS}
      total={100_000}
      row={i => ({
        id: String(i),
        cells: { id: i, name: i === 1 ? null : `n${i}`, c0: 0.5 }
      })}
      onRange={() => undefined}
      {...changes}
    />
  );
}

describe('Grid', () => {
  it('holds elements for what is in view only, and tells the whole size', () => {
    show();
    const grid = screen.getByRole('grid', { name: 'Rows' });
    expect(grid).toHaveAttribute('aria-rowcount', '100001');
    expect(grid).toHaveAttribute('aria-colcount', '62');
    expect(within(grid).getAllByRole('row').length).toBeLessThan(60);
    expect(within(grid).getAllByRole('columnheader').length).toBeLessThan(30);
  });

  it('shows a missing value as such, and numbers on the right', () => {
    show();
    expect(screen.getAllByText('null')).not.toHaveLength(0);
    expect(screen.getByRole('columnheader', { name: 'id' })).toHaveClass(
      'jp-mod-numeric'
    );
  });

  it('asks for the rows in view', () => {
    const onRange = jest.fn();
    show({ onRange });
    expect(onRange).toHaveBeenCalledWith({
      first: 0,
      last: expect.any(Number)
    });
  });

  it('sorts by header with the mouse and with the keyboard', async () => {
    const onSort = jest.fn();
    show({ onSort, sort: { key: 'name', down: true } });
    const header = screen.getByRole('columnheader', { name: 'name' });
    expect(header).toHaveAttribute('aria-sort', 'descending');
    await userEvent.click(header);
    expect(onSort).toHaveBeenCalledWith('name');
    const grid = screen.getByRole('grid');
    fireEvent.keyDown(grid, { key: 'ArrowUp' });
    fireEvent.keyDown(grid, { key: 'Enter' });
    expect(onSort).toHaveBeenLastCalledWith('id');
  });

  it('moves with the arrows, opens with Enter and copies a cell', () => {
    const onOpen = jest.fn();
    const { host } = show({ onOpen });
    const grid = screen.getByRole('grid');
    fireEvent.keyDown(grid, { key: 'ArrowDown' });
    fireEvent.keyDown(grid, { key: 'ArrowDown' });
    fireEvent.keyDown(grid, { key: 'ArrowRight' });
    const active = grid.getAttribute('aria-activedescendant') ?? '';
    expect(document.getElementById(active)).toHaveTextContent('n2');
    fireEvent.keyDown(grid, { key: 'Enter' });
    expect(onOpen).toHaveBeenCalledWith(expect.objectContaining({ id: '2' }));
    fireEvent.keyDown(grid, { key: 'c', ctrlKey: true });
    expect(host.copied).toEqual(['n2']);
  });

  it('shows hostile text as text', () => {
    const text = '<img src=x onerror=alert(1)>';
    show({
      row: () => ({ id: '1', cells: { id: 1, name: text } }),
      total: 1
    });
    expect(screen.getByText(text)).toBeInTheDocument();
  });
});

describe('window arithmetic', () => {
  it('asks for the blocks that a range touches', () => {
    expect(blockOffsets({ first: 0, last: 0 }, 100)).toEqual([0]);
    expect(blockOffsets({ first: 95, last: 205 }, 100)).toEqual([0, 100, 200]);
    expect(blockOffsets({ first: 100, last: 199 }, 100)).toEqual([100]);
  });

  it('stays inside the grid', () => {
    const extent = { rows: 10, columns: 3, page: 4 };
    const place = { row: 9, column: 2 };
    expect(moveTo(place, 'ArrowDown', false, extent)).toEqual(place);
    expect(moveTo(place, 'Home', true, extent)).toEqual({ row: 0, column: 0 });
    expect(moveTo({ row: 2, column: 0 }, 'PageUp', false, extent)?.row).toBe(0);
    expect(moveTo({ row: 0, column: 0 }, 'ArrowUp', false, extent)?.row).toBe(
      -1
    );
    expect(moveTo(place, 'x', false, extent)).toBeNull();
  });
});
