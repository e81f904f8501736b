import type { IRunBlock } from '../../api/types.runs';
import { NAME } from '../columns';
import { outerOf, rowsOfParts } from '../runLines';

function block(
  offset: number,
  ids: string[],
  columns: Record<string, (string | number)[]>
): IRunBlock {
  return {
    total: 10,
    offset,
    ids,
    columns: Object.entries(columns).map(([key, values]) => ({
      key,
      type: 'string',
      values
    })),
    as_of: 1
  };
}

describe('rows of a block whose columns came in parts', () => {
  const names = block(0, ['a', 'b'], { [NAME]: ['one', 'two'] });
  const depths = block(0, ['a', 'b'], { 'params.depth': ['3', '5'] });

  it('hold the columns of all of them', () => {
    expect(rowsOfParts([names, depths])).toEqual([
      { id: 'a', cells: { [NAME]: 'one', 'params.depth': '3' } },
      { id: 'b', cells: { [NAME]: 'two', 'params.depth': '5' } }
    ]);
  });

  it('stay the same objects when another block comes, and only then', () => {
    const before = outerOf([names, depths], new Set());
    const other = block(2, ['c'], { [NAME]: ['three'] });
    const after = outerOf([names, depths, other], new Set());
    expect(after.lines.get(0)?.row).toBe(before.lines.get(0)?.row);
    expect(after.lines.get(2)?.row?.cells).toEqual({ [NAME]: 'three' });
    const again = block(0, ['a', 'b'], { 'params.depth': ['4', '5'] });
    const changed = outerOf([names, again], new Set());
    expect(changed.lines.get(0)?.row?.cells['params.depth']).toBe('4');
  });

  it('take no value from a part that was read when the order was another', () => {
    const moved = block(0, ['b', 'a'], { 'params.depth': ['5', '3'] });
    expect(rowsOfParts([names, moved])[0]).toEqual({
      id: 'a',
      cells: { [NAME]: 'one' }
    });
  });
});
