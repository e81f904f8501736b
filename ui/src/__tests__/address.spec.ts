import {
  addressOfSubject,
  formatAddress,
  objectOf,
  parseAddress
} from '../address';

const HOSTILE = [
  'main.ml.flights',
  'a/b',
  '100%',
  'what?#&=',
  '"quoted" \'name\'',
  'עברית.日本.😀',
  'mlnb:table/x',
  ' spaces '
];

describe('address', () => {
  it.each(HOSTILE)('comes back unchanged from its text: %s', name => {
    const query = { tab: 'a&b', filter: name };
    const text = formatAddress('table', name, { part: name, query });
    expect(parseAddress(text)).toEqual({
      kind: 'table',
      name,
      part: name,
      query
    });
  });

  it('leaves empty view state out', () => {
    expect(
      formatAddress('run', '1', { query: { tab: undefined, x: '' } })
    ).toBe('mlnb:run/1');
  });

  it.each(['', 'mlnb:', 'mlnb:table', 'mlnb:table/', 'http://x/y', 'mlnb:t/%'])(
    'is none: “%s”',
    text => {
      expect(parseAddress(text)).toBeNull();
    }
  );

  it('is the same object however it is looked at', () => {
    const one = parseAddress('mlnb:table/a.b.c?tab=schema');
    const two = parseAddress('mlnb:table/a.b.c?version=3');
    expect(one && objectOf(one)).toBe(two && objectOf(two));
  });

  it('is found for a journal subject', () => {
    expect(addressOfSubject('model_version:main.ml.churn/7')).toBe(
      'mlnb:version/main.ml.churn/7'
    );
    expect(addressOfSubject('table:main.ml.x')).toBe('mlnb:table/main.ml.x');
    expect(addressOfSubject('unheard:of')).toBeNull();
  });
});
