import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import type { IDrift } from '../../api/types.monitors';
import { plainTrans, renderWithHost } from '../../testing';
import { drift } from '../../testing/fixtures.monitors';
import { depth, HeatLegend, HeatMap } from '../HeatMap';
import { ruleSentence, ticks, windowName } from '../words';

const SMALL: IDrift = {
  metric: 'js_distance',
  threshold: 0.3,
  windows: [
    { start: Date.UTC(2013, 7, 1), end: Date.UTC(2013, 8, 1) },
    { start: Date.UTC(2013, 8, 1), end: Date.UTC(2013, 9, 1) }
  ],
  columns: ['temp', '<b>visib</b>'],
  values: [
    [0.45, 0.1],
    [null, 0.0312]
  ],
  drifted: [
    [true, false],
    [false, false]
  ]
};

function show(data: IDrift = SMALL): jest.Mock {
  const onSelect = jest.fn();
  renderWithHost(
    <HeatMap
      label="Drift"
      drift={data}
      selected="temp"
      selectedWindow={null}
      onSelect={onSelect}
    />
  );
  return onSelect;
}

describe('heat map', () => {
  it('says every cell in words', () => {
    show();
    const map = screen.getByRole('group', { name: 'Drift' });
    const row = within(map).getByRole('group', { name: 'temp' });
    expect(
      within(row).getByTitle('temp, Aug 2013: 0.45, drifted (past 0.3)')
    ).toHaveTextContent('0.45');
    expect(within(row).getByTitle('temp, Sep 2013: 0.1')).toBeEnabled();
    expect(
      within(map).getByRole('button', {
        name: '<b>visib</b>, Aug 2013: not defined'
      })
    ).toBeInTheDocument();
    expect(
      within(row).getByRole('button', { name: /drifted 1$/ })
    ).toHaveAttribute('aria-pressed', 'true');
  });

  it('chooses a cell or a whole row', async () => {
    const onSelect = show();
    await userEvent.click(screen.getByTitle('temp, Sep 2013: 0.1'));
    expect(onSelect).toHaveBeenLastCalledWith('temp', Date.UTC(2013, 8, 1));
    await userEvent.click(screen.getByRole('button', { name: '<b>visib</b>' }));
    expect(onSelect).toHaveBeenLastCalledWith('<b>visib</b>', null);
  });

  it('is one stop of the Tab key, and arrows move between cells', async () => {
    show();
    await userEvent.tab();
    expect(document.activeElement).toHaveAttribute('title', 'temp');
    await userEvent.keyboard('{ArrowRight}{ArrowDown}');
    expect(document.activeElement).toHaveAttribute(
      'title',
      '<b>visib</b>, Aug 2013: not defined'
    );
    await userEvent.keyboard('{End}');
    expect(document.activeElement).toHaveAttribute(
      'title',
      '<b>visib</b>, Sep 2013: 0.0312'
    );
    await userEvent.tab();
    expect(document.activeElement).toBe(document.body);
  });

  it('explains its colours', () => {
    renderWithHost(<HeatLegend drift={SMALL} />);
    expect(screen.getByLabelText('Legend')).toHaveTextContent(
      '0limit 0.30.45 driftednot defined'
    );
  });

  it('deepens with the distance, on both sides of the limit', () => {
    const scale = { limit: 0.2, max: 0.6 };
    expect(depth(0.1, false, scale)).toBe(50);
    expect(depth(0.5, false, scale)).toBe(100);
    expect(depth(0.2, true, scale)).toBe(0);
    expect(depth(-0.6, true, scale)).toBe(100);
    expect(depth(0.3, false, { limit: undefined, max: 0.6 })).toBe(50);
    expect(depth(0, false, { limit: undefined, max: 0 })).toBe(0);
  });
});

describe('words', () => {
  it('name windows after their width, in UTC', () => {
    const start = Date.UTC(2013, 7, 1);
    const DAY = 86_400_000;
    expect(windowName({ start, end: start + 31 * DAY })).toBe('Aug 2013');
    expect(windowName({ start, end: start + DAY })).toBe('Aug 1, 2013');
    expect(windowName({ start, end: start + DAY / 24 })).toMatch(/^Aug 1/);
  });

  it('put a month below the days where it begins, and never crowd', () => {
    const days = ticks(drift(150).windows);
    expect(days.map(tick => tick.label)).toEqual([
      'Aug 2013',
      'Sep 2013',
      'Oct 2013',
      'Nov 2013',
      'Dec 2013'
    ]);
    expect(ticks(drift(20).windows).length).toBeLessThanOrEqual(10);
    expect(ticks(drift(6, '1 month').windows)).toHaveLength(6);
    expect(ticks([])).toEqual([]);
  });

  it('say a rule in a sentence', () => {
    const rule = {
      metric: 'population_stability_index',
      direction: 'above',
      threshold: 0.2,
      columns: ['temp'],
      k: 2,
      n: 3,
      min_rows: 0,
      severity: 'warning'
    };
    expect(ruleSentence(rule, plainTrans)).toBe(
      'Population stability index above 0.2 for temp in 2 of the last 3 windows'
    );
  });
});
