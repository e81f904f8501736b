import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { demoRoutes, PageHarness, renderWithHost } from '../../testing';
import type { FakeRoutes } from '../../testing';
import { FUNCTION, importRoutes, VOLUME } from '../../testing/fixtures.import';
import { callOf, FunctionPage } from '../FunctionPage';
import { GoTo } from '../GoTo';
import { VolumePage } from '../VolumePage';

function volume(routes: FakeRoutes = {}): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness page={VolumePage} name="main.ml.reports" />,
    {
      routes: { ...importRoutes(), ...routes },
      host: { downloadUrl: path => `/base/mlnb/${path}` }
    }
  );
}

describe('a volume', () => {
  it('lists files with what can be done with them, and opens folders', async () => {
    const { host } = volume();
    const link = await screen.findByRole('link', {
      name: 'Download nightly report.html'
    });
    expect(link).toHaveAttribute(
      'href',
      '/base/mlnb/api/2.0/fs/files/Volumes/main/ml/reports/nightly%20report.html'
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Import delays.csv into a table' })
    );
    expect(host.opened[0]).toBe(
      `mlnb:import/${encodeURIComponent('/Volumes/main/ml/reports/delays.csv')}?to=main.ml`
    );
    await userEvent.click(screen.getByRole('button', { name: '2013' }));
    await waitFor(() =>
      expect(host.server.requests[1].query.path).toBe(
        '/Volumes/main/ml/reports/2013'
      )
    );
  });

  it('uploads, and asks before a file of that name is replaced', async () => {
    const { host } = volume({
      'PUT api/2.0/fs/files/Volumes/main/ml/reports/delays.csv': {}
    });
    host.answer = false;
    const input = await screen.findByLabelText('Files to upload');
    await userEvent.upload(input, new File(['a'], 'delays.csv'));
    expect(host.questions[0].title).toBe('Replace delays.csv?');
    expect(host.server.requests.some(one => one.method === 'PUT')).toBe(false);
    host.answer = true;
    await userEvent.upload(input, new File(['a'], 'delays.csv'));
    await waitFor(() =>
      expect(
        host.server.requests.find(one => one.method === 'PUT')?.query.overwrite
      ).toBe('true')
    );
  });

  it('teaches what an empty one is for', async () => {
    volume({ 'GET api/1.0/volumes/*': { ...VOLUME, entries: [] } });
    expect(await screen.findByText('No files here')).toBeInTheDocument();
  });
});

describe('a function', () => {
  it('shows what it takes and gives, and its source', async () => {
    renderWithHost(
      <PageHarness page={FunctionPage} name="main.ml.minutes_late" />,
      { routes: importRoutes() }
    );
    const table = await screen.findByRole('table', { name: 'Parameters' });
    expect(table).toHaveTextContent('Longer delays count as this');
    expect(
      screen.getByRole('region', { name: 'Source of minutes_late' })
    ).toHaveTextContent('least(greatest(');
  });

  it('is called with its required parameters', () => {
    expect(callOf(FUNCTION)).toBe(
      '%%sql\nSELECT main.ml.minutes_late(:scheduled, :flown)'
    );
  });
});

describe('Go to', () => {
  function goTo(routes = demoRoutes()): {
    opened: string[];
    closed: jest.Mock;
  } {
    const opened: string[] = [];
    const closed = jest.fn();
    renderWithHost(
      <GoTo onOpen={address => opened.push(address)} onClose={closed} />,
      { routes }
    );
    return { opened, closed };
  }

  it('offers what was opened last before anything is typed', async () => {
    goTo();
    const options = await screen.findAllByRole('option');
    expect(options[0]).toHaveTextContent('flight_labels');
  });

  it('finds by name and by comment, marks the match, and opens with Enter', async () => {
    const { opened } = goTo();
    const field = screen.getByRole('combobox', { name: 'Go to' });
    expect(field).toHaveFocus();
    await userEvent.type(field, 'fli');
    // Those opened last give way to what is found.
    await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(4));
    const weather = await screen.findByRole('option', { name: /Hourly/ });
    expect(weather.querySelector('mark')).toHaveTextContent('fli');
    fireEvent.keyDown(field, { key: 'ArrowDown' });
    fireEvent.keyDown(field, { key: 'ArrowDown' });
    expect(field).toHaveAttribute(
      'aria-activedescendant',
      screen.getAllByRole('option')[2].id
    );
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(opened).toEqual([
      'mlnb:table/main.ml.flight_labels?tab=schema&column=flight_id'
    ]);
  });

  it('says when nothing is found, and closes with Escape', async () => {
    const { closed } = goTo({
      ...demoRoutes(),
      'GET api/1.0/search': { hits: [] }
    });
    const field = screen.getByRole('combobox', { name: 'Go to' });
    await userEvent.type(field, 'zzz');
    expect(await screen.findByText(/Nothing is called so/)).toBeInTheDocument();
    fireEvent.keyDown(field, { key: 'Escape' });
    expect(closed).toHaveBeenCalled();
  });
});
