import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import type { IRunDiff } from '../../api/types.compare';
import { PageHarness, renderWithHost } from '../../testing';
import { DEMO_DIFF } from '../../testing/fixtures.runs';
import { diffLines } from '../diffLines';
import { DiffPage } from '../DiffPage';
import { differing, parseUnified, sideBySide, wholeText } from '../lines';

const DIFF = 'POST api/1.0/runs/diff';

function show(answer: unknown = DEMO_DIFF): ReturnType<typeof renderWithHost> {
  return renderWithHost(<PageHarness page={DiffPage} name="a1" part="b2" />, {
    routes: { [DIFF]: answer }
  });
}

describe('lines of a difference', () => {
  it('carry numbers of both sides and mark what is different in a line', () => {
    const lines = parseUnified(' a\n-x = 31\n+x = 63\n b\n');
    expect(lines.map(line => [line.kind, line.a, line.b])).toEqual([
      ['same', 1, 1],
      ['removed', 2, undefined],
      ['added', undefined, 2],
      ['same', 3, 3]
    ]);
    expect(lines[1].mark).toEqual([4, 6]);
    expect(lines[2].text.slice(...(lines[2].mark ?? []))).toBe('63');
  });

  it('are told apart by a gap where hunks skip some', () => {
    const lines = parseUnified(
      '@@ -1,2 +1,2 @@\n a\n-b\n+c\n@@ -40 +40 @@\n-d\n+e'
    );
    expect(lines.map(line => line.kind)).toEqual([
      'same',
      'removed',
      'added',
      'gap',
      'removed',
      'added'
    ]);
    expect(lines[4].a).toBe(40);
  });

  it('stand beside each other in pairs', () => {
    const pairs = sideBySide(parseUnified(' a\n-b\n-c\n+d\n e'));
    expect(pairs.map(({ a, b }) => [a?.text, b?.text])).toEqual([
      ['a', 'a'],
      ['b', 'd'],
      ['c', undefined],
      ['e', 'e']
    ]);
  });

  it('are not marked when nothing of them is common, and never within a character', () => {
    expect(differing('abc', 'xyz')).toBeNull();
    expect(differing('aa😀b', 'aa😁b')).toEqual({ a: [2, 4], b: [2, 4] });
  });

  it('of a text that stands on one side are numbered there', () => {
    expect(wholeText('a\nb\n', 'added')).toEqual([
      { kind: 'added', text: 'a', a: undefined, b: 1 },
      { kind: 'added', text: 'b', a: undefined, b: 2 }
    ]);
  });
});

describe('two texts', () => {
  it('keep the lines they have in common', () => {
    const kinds = diffLines('a\nb\nc\n', 'a\nx\nc\nd').map(line => [
      line.kind,
      line.text
    ]);
    expect(kinds).toEqual([
      ['same', 'a'],
      ['removed', 'b'],
      ['added', 'x'],
      ['same', 'c'],
      ['added', 'd']
    ]);
    expect(diffLines('a', 'a').every(line => line.kind === 'same')).toBe(true);
  });

  it('stand one after the other when they are very long', () => {
    const long = (letter: string): string =>
      Array.from({ length: 2100 }, (_, i) => letter + i).join('\n');
    const lines = diffLines(long('a'), long('b'));
    expect(lines).toHaveLength(4200);
    expect(lines[2100].kind).toBe('added');
  });
});

describe('diff page', () => {
  it('asks for both runs and says in a line what differs', async () => {
    const { host } = show();
    const summary = await screen.findByRole('list', { name: 'What differs' });
    expect(host.server.requests[0].body).toEqual({ run_ids: ['a1', 'b2'] });
    const areas = within(summary).getAllByRole('listitem');
    expect(areas[0]).toHaveTextContent('2 Code');
    expect(
      within(summary).getByRole('img', { name: 'the same' })
    ).toBeInTheDocument();
  });

  it('tells the better from the worse, also where less is better', async () => {
    const row = { change: 'changed', a: 0.5, b: 0.4, difference: -0.1 };
    show({
      ...DEMO_DIFF,
      metrics: [
        { ...row, key: 'auc', better: 'a' },
        { ...row, key: 'log_loss', better: 'b' },
        { ...row, key: 'seconds' }
      ]
    });
    expect(await screen.findByTitle('Worse than before')).toHaveClass(
      'jp-mod-bad'
    );
    expect(screen.getByTitle('Better than before')).toHaveClass('jp-mod-good');
    // Nobody knows which is the better of two times.
    const unjudged = screen.getByRole('row', { name: /^seconds/ });
    expect(unjudged).toHaveTextContent('0.1');
    expect(within(unjudged).queryByTitle(/than before/)).toBeNull();
  });

  it('lists a dozen values, and all when asked', async () => {
    show({
      ...DEMO_DIFF,
      params: Array.from({ length: 30 }, (_, i) => ({
        key: `p${i}`,
        change: 'changed',
        a: '1',
        b: '2'
      }))
    });
    const table = await screen.findByRole('table', { name: 'Parameters' });
    expect(within(table).getAllByRole('row')).toHaveLength(13);
    await userEvent.click(screen.getByRole('button', { name: 'Show all 30' }));
    expect(within(table).getAllByRole('row')).toHaveLength(31);
    expect(screen.queryByRole('button', { name: 'Show all 30' })).toBeNull();
  });

  it('shows metrics with their difference, data with versions, packages and commits', async () => {
    show();
    const metrics = await screen.findByRole('table', { name: 'Metrics' });
    expect(
      within(metrics).getByRole('row', {
        name: 'auc 0.7412 0.7523 +0.0111 2.4'
      })
    ).toBeInTheDocument();
    expect(screen.getByTitle('Better than before')).toBeInTheDocument();
    const data = screen.getByRole('table', { name: 'Data' });
    expect(data).toHaveTextContent('version 3 · 161,240 rows');
    expect(data).toHaveTextContent('version 4 · 163,012 rows');
    expect(data).toHaveTextContent('+gate');
    expect(
      screen.getByRole('table', { name: 'Environment' })
    ).toHaveTextContent('lightgbm4.5.04.6.0changed');
    expect(
      screen.getByRole('list', { name: 'Commits between' })
    ).toHaveTextContent('Leave out flights');
    expect(screen.getByRole('note')).toHaveTextContent('helper.py');
  });

  it('shows only what differs until asked for all', async () => {
    show();
    const params = await screen.findByRole('table', { name: 'Parameters' });
    expect(within(params).queryByText('learning_rate')).toBeNull();
    expect(screen.queryByRole('region', { name: 'Cell: the same' })).toBeNull();
    const button = screen.getByRole('button', { name: 'Only differences' });
    expect(button).toHaveAttribute('aria-pressed', 'true');
    await userEvent.click(button);
    expect(screen.getByText('learning_rate')).toBeInTheDocument();
    const same = screen.getByRole('region', { name: 'Cell: the same' });
    // Its text is there for whoever asks.
    expect(within(same).queryByRole('region')).toBeNull();
    await userEvent.click(
      within(same).getByRole('button', { expanded: false })
    );
    expect(within(same).getByRole('region')).toHaveTextContent('frame = ws');
  });

  it('shows a changed cell with the part that is different marked', async () => {
    show();
    const cell = await screen.findByRole('region', { name: 'Cell: changed' });
    expect(within(cell).getByText('the run’s cell')).toBeInTheDocument();
    expect(
      [...cell.querySelectorAll('mark')].map(one => one.textContent)
    ).toEqual(['31', '63']);
    await userEvent.click(screen.getByRole('button', { name: 'Side by side' }));
    expect(cell.querySelector('.jp-mod-split')).toBeNull();
    await userEvent.click(within(cell).getByRole('button', { expanded: true }));
    expect(within(cell).queryByRole('region')).toBeNull();
  });

  it('goes to a run and to the data of then, and shows it the other way round', async () => {
    const { host } = show();
    await userEvent.click(await screen.findByRole('button', { name: 'Swap' }));
    await userEvent.click(
      screen.getByRole('button', { name: DEMO_DIFF.a.name })
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'main.ml.flight_labels' })
    );
    expect(host.opened).toEqual([
      `mlnb:diff/${DEMO_DIFF.b.run_id}/${DEMO_DIFF.a.run_id}`,
      `mlnb:run/${DEMO_DIFF.a.run_id}`,
      'mlnb:table/main.ml.flight_labels?version=4'
    ]);
  });

  it('says so when nothing differs, and when a run is gone', async () => {
    const same: IRunDiff = {
      ...DEMO_DIFF,
      cells: [],
      data: [],
      environment: [],
      params: [],
      metrics: [],
      artifacts: [],
      notes: [],
      git_b: DEMO_DIFF.git_a,
      git_commits: [],
      same: ['git']
    };
    const { unmount } = show(same);
    expect(await screen.findByText('Nothing differs')).toBeInTheDocument();
    expect(screen.queryByRole('heading', { name: 'Git' })).toBeNull();
    await userEvent.click(
      screen.getByRole('button', { name: 'Only differences' })
    );
    expect(screen.getByRole('heading', { name: 'Git' })).toBeInTheDocument();
    unmount();
    show(new ApiError(404, 'RUN_NOT_FOUND', 'There is no run b2.'));
    expect(
      await screen.findByText('One of the two runs is not there')
    ).toBeInTheDocument();
  });

  it('shows hostile names as text', async () => {
    show({
      ...DEMO_DIFF,
      params: [
        {
          key: '<img src=x onerror=alert(1)>',
          change: 'changed',
          a: '<b>',
          b: 'y'.repeat(500)
        }
      ]
    });
    expect(
      await screen.findByText('<img src=x onerror=alert(1)>')
    ).toBeInTheDocument();
    expect(document.querySelector('img')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'more' }));
    expect(screen.getByText('y'.repeat(500))).toBeInTheDocument();
  });
});
