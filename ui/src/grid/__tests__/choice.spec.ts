import { plainTrans } from '../../testing/fakeHost';
import { KINDS, questionOf, settled, specOf } from '../choice';
import { codeOf, literal, stepOf } from '../code';

const COLUMNS = ['id', 'city', 'at', 'late'];
const TYPES = ['bigint', 'string', 'timestamp', 'boolean'];
const BY_NAME = Object.fromEntries(COLUMNS.map((one, i) => [one, TYPES[i]]));

describe('a choice', () => {
  it('takes columns that its picture can draw, whatever was chosen before', () => {
    expect(settled({ kind: 'hist', x: 'city' }, COLUMNS, TYPES)).toEqual({
      kind: 'hist',
      x: 'id'
    });
    expect(
      settled({ kind: 'scatter', x: 'at', y: 'city' }, COLUMNS, TYPES)
    ).toEqual({ kind: 'scatter', x: 'at', y: 'id' });
    expect(
      settled({ kind: 'bars', x: 'city', y: 'id', by: 'gone' }, COLUMNS, TYPES)
    ).toEqual({ kind: 'bars', x: 'city', y: 'id', aggregate: 'mean' });
  });

  it('becomes a question, and nothing of it is code', () => {
    expect(
      questionOf({ kind: 'bars', x: '"; DROP', y: 'id', aggregate: 'sum' })
    ).toEqual({
      kind: 'bars',
      x: '"; DROP',
      y: 'id',
      aggregate: 'sum',
      limit: 40
    });
  });

  it('becomes a series for each colour, missing ones named', () => {
    const spec = specOf(
      { kind: 'bars', x: 'city', by: 'late' },
      {
        kind: 'bars',
        columns: {
          x: ['Lima', 'Lima', null],
          by: ['true', null, 'true'],
          value: [1, 2, 3],
          rows: [1, 2, 3]
        },
        total: 6
      },
      plainTrans
    );
    expect(spec?.series.map(one => one.name)).toEqual(['true', 'missing']);
    expect(spec?.series[0].x).toEqual(['Lima', 'missing']);
  });

  it.each(KINDS)(
    'of kind %s becomes Python that names hostile columns safely',
    kind => {
      const x = 'a"]; import os\n#';
      const code = codeOf(
        settled({ kind, x, by: x }, [x], ['timestamp']),
        'not a name;',
        { [x]: 'timestamp' }
      );
      expect(code).toContain(literal(x));
      expect(code).toMatch(/\(df[,.]| df\./);
      expect(code.split('\n').some(line => line.startsWith('import os'))).toBe(
        false
      );
    }
  );

  it('goes along time in the steps of its picture', () => {
    const step = (...x: string[]): string =>
      stepOf({ kind: 'over_time', columns: { x }, total: 1 });
    expect(step('2024-01-01 00:00:00', '2024-01-08 00:00:00')).toContain(
      'W-MON'
    );
    expect(step('2024-01-01 00:00:00', '2024-02-01 00:00:00')).toBe(
      'freq="MS"'
    );
    expect(step('2024-01-01 00:00:00', '2024-01-01 03:00:00')).toBe(
      'freq="3h"'
    );
    expect(step()).toBe('freq="D"');
    expect(
      codeOf({ kind: 'over_time', x: 'at' }, 'trips', BY_NAME, 'freq="MS"')
    ).toContain('trips.groupby(pd.Grouper(key="at", freq="MS")');
  });
});
