import { csvText, fileName, saveText } from '../saveFile';

describe('a saved file', () => {
  it('keeps quotes, line breaks and empty cells apart', () => {
    expect(csvText([['a "b"', 'x\ny', null, undefined, 1.5, true]])).toBe(
      '"a ""b""","x\ny","","","1.5","true"'
    );
  });

  it('holds nothing that a spreadsheet would compute', () => {
    const names = ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '\rx'];
    expect(csvText([names])).toBe(names.map(name => `"'${name}"`).join(','));
    // Numbers stay numbers, also those that are texts.
    expect(csvText([[-1.5, '-0.25', '+3', '1e-9']])).toBe(
      '"-1.5","-0.25","+3","1e-9"'
    );
  });

  it('has a name in any script that every system takes', () => {
    expect(fileName('Überblick 東京.csv')).toBe('Überblick 東京.csv');
    expect(fileName('a/b\\c:d*e?"<f>|\n.svg')).toBe('a_b_c_d_e_f_.svg');
    expect(fileName(`${'x'.repeat(500)}.csv`)).toMatch(/^x{116}\.csv$/);
  });

  it('is there for as long as a browser takes to read it', () => {
    jest.useFakeTimers();
    const made = jest.fn(() => 'blob:1');
    const freed = jest.fn();
    Object.assign(URL, { createObjectURL: made, revokeObjectURL: freed });
    const clicked = jest
      .spyOn(HTMLAnchorElement.prototype, 'click')
      .mockImplementation(function (this: HTMLAnchorElement) {
        expect(this.download).toBe('a_b.csv');
        expect(this.href).toBe('blob:1');
      });
    saveText('a/b.csv', 'text/csv', 'x');
    expect(clicked).toHaveBeenCalledTimes(1);
    expect(freed).not.toHaveBeenCalled();
    jest.advanceTimersByTime(60_000);
    expect(freed).toHaveBeenCalledWith('blob:1');
    clicked.mockRestore();
    jest.useRealTimers();
  });
});
