import {
  columnFormat,
  formatBytes,
  formatCell,
  formatDuration,
  formatInteger,
  formatNumber,
  formatRelative,
  isNumericType
} from '../format';

describe('format', () => {
  it('keeps four digits of a measured value and all of an integer', () => {
    expect(formatNumber(0.752312)).toBe('0.7523');
    expect(formatNumber(336776)).toBe('336,776');
    expect(formatNumber(0.0000123)).toBe('1.23E-5');
    expect(formatNumber(NaN)).toBe('NaN');
  });

  it('gives the values of a column as many decimals', () => {
    const format = columnFormat([0.5, 0.4912, 0.45]);
    expect([0.5, 0.4912, 0.45].map(format)).toEqual([
      '0.5000',
      '0.4912',
      '0.4500'
    ]);
    expect(columnFormat([12, 7])(7)).toBe('7');
    expect(columnFormat([])(0.5)).toBe('0.5');
    expect(columnFormat([1e-9, 1])(1e-9)).toBe('1E-9');
  });

  it('names sizes and durations', () => {
    expect(formatBytes(999)).toBe('999 B');
    expect(formatBytes(7_412_338)).toBe('7.4 MB');
    expect(formatDuration(412)).toBe('412 ms');
    expect(formatDuration(21_340)).toBe('21.3 s');
    expect(formatDuration(63_000)).toBe('1 min 3 s');
    expect(formatDuration(2 * 3_600_000 + 60_000)).toBe('2 h 1 min');
    expect(formatInteger(1e6)).toBe('1,000,000');
  });

  it('says how long ago', () => {
    const now = 1_000_000_000_000;
    expect(formatRelative(now - 3 * 60_000, now)).toBe('3 minutes ago');
    expect(formatRelative(now - 25 * 3_600_000, now)).toBe('yesterday');
    expect(formatRelative(now, now)).toBe('now');
  });

  it('leaves data as it is: no separators in a year or an identifier', () => {
    expect(formatCell(2013, 'bigint')).toBe('2013');
    expect(formatCell(0.1 + 0.2, 'double')).toBe('0.3');
    expect(formatCell(0, 'timestamp')).toBe('1970-01-01 00:00:00');
    expect(formatCell(0, 'date')).toBe('1970-01-01');
    expect(formatCell({ a: [1] }, 'struct<a:array<int>>')).toBe('{"a":[1]}');
  });

  it('knows types of numbers', () => {
    expect(['bigint', 'decimal(10,2)', 'DOUBLE'].every(isNumericType)).toBe(
      true
    );
    expect(isNumericType('string')).toBe(false);
    expect(isNumericType('interval')).toBe(false);
  });
});
