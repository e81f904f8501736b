import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import { demoRoutes, renderWithHost, tree } from '../../testing';
import type { FakeRoutes } from '../../testing';
import { BrowseSection } from '../BrowseSection';
import { loadingCell, variableOf } from '../loading';
import { RecentSection } from '../RecentSection';
import { TrashSection } from '../TrashSection';

const ROUTES: FakeRoutes = { 'GET api/1.0/tree': tree };

async function openRaw(
  routes = ROUTES
): Promise<ReturnType<typeof renderWithHost>> {
  const rendered = renderWithHost(<BrowseSection />, { routes });
  await userEvent.click(await screen.findByRole('treeitem', { name: /raw/ }));
  await screen.findByRole('treeitem', { name: /airports/ });
  return rendered;
}

describe('Browse', () => {
  it('opens a table with a click and with the keyboard', async () => {
    const { host } = await openRaw();
    await userEvent.click(screen.getByRole('treeitem', { name: /airports/ }));
    expect(host.opened).toEqual(['mlnb:table/main.raw.airports']);
    const root = screen.getByRole('tree', { name: 'Catalog' });
    fireEvent.keyDown(root, { key: 'ArrowDown' });
    fireEvent.keyDown(root, { key: 'Enter' });
    expect(host.opened[1]).toBe('mlnb:table/main.raw.flights');
  });

  it('tells levels and what is open', async () => {
    await openRaw();
    const table = screen.getByRole('treeitem', { name: /airports/ });
    expect(table).toHaveAttribute('aria-level', '3');
    const schema = screen.getByRole('treeitem', { name: /^raw/ });
    expect(schema).toHaveAttribute('aria-expanded', 'true');
    await userEvent.click(schema);
    expect(screen.queryByRole('treeitem', { name: /airports/ })).toBeNull();
  });

  it('leaves a node with the left arrow and finds one by typing', async () => {
    await openRaw();
    await userEvent.click(screen.getByRole('treeitem', { name: /airports/ }));
    const root = screen.getByRole('tree');
    fireEvent.keyDown(root, { key: 'w' });
    const active = (): string | null =>
      document.getElementById(root.getAttribute('aria-activedescendant') ?? '')
        ?.textContent ?? null;
    expect(active()).toMatch(/^weather/);
    fireEvent.keyDown(root, { key: 'ArrowLeft' });
    expect(active()).toMatch(/^raw/);
  });

  it('filters on the server and opens what it finds', async () => {
    const { host } = renderWithHost(<BrowseSection />, { routes: ROUTES });
    await screen.findByRole('treeitem', { name: /main/ });
    await userEvent.type(
      screen.getByRole('searchbox', { name: 'Filter by name' }),
      'weather'
    );
    await screen.findByRole('treeitem', { name: /weather_hourly/ });
    expect(screen.queryByRole('treeitem', { name: /ml/ })).toBeNull();
    const filters = host.server.requests.map(one => one.query.filter);
    expect(new Set(filters)).toEqual(new Set([undefined, 'weather']));
  });

  it('inserts a loading cell and copies the name', async () => {
    const { host } = await openRaw();
    await userEvent.hover(screen.getByRole('treeitem', { name: /^flights/ }));
    await userEvent.click(
      screen.getByRole('button', {
        name: 'Insert a cell that uses main.raw.flights'
      })
    );
    await waitFor(() => expect(host.inserted).toHaveLength(1));
    expect(host.inserted[0]).toContain(
      'flights = ws.catalog.read("main.raw.flights")'
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Copy the name main.raw.flights' })
    );
    expect(host.copied).toEqual(['main.raw.flights']);
    expect(host.opened).toEqual([]);
  });

  it('says what to do when no notebook is in view', async () => {
    const { host } = renderWithHost(<BrowseSection />, {
      routes: ROUTES,
      host: { insert: async () => false }
    });
    await userEvent.click(await screen.findByRole('treeitem', { name: /raw/ }));
    const root = screen.getByRole('tree');
    await screen.findByRole('treeitem', { name: /airlines/ });
    fireEvent.keyDown(root, { key: 'ArrowDown' });
    fireEvent.keyDown(root, { key: 'Enter', shiftKey: true });
    await waitFor(() =>
      expect(host.notices[0]?.message).toBe('No notebook is in view.')
    );
  });

  it('teaches how the first table is made', async () => {
    renderWithHost(<BrowseSection />, {
      routes: {
        'GET api/1.0/tree': { nodes: [] }
      }
    });
    expect(await screen.findByText('No tables yet')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Insert an example cell' })
    ).toBeEnabled();
  });

  it('shows a table made in a kernel by itself', async () => {
    let made = false;
    const { host } = renderWithHost(<BrowseSection />, {
      routes: {
        'GET api/1.0/tree': () => ({
          nodes: made
            ? [
                {
                  address: 'mlnb:catalog/lab',
                  name: 'lab',
                  kind: 'catalog',
                  children: true
                }
              ]
            : []
        })
      }
    });
    await screen.findByText('No tables yet');
    made = true;
    act(() => host.events.change('catalog:lab', 'catalog.created'));
    expect(
      await screen.findByRole('treeitem', { name: /lab/ })
    ).toBeInTheDocument();
  });

  it('fetches further children in pages', async () => {
    const nodes = (first: number): object[] =>
      Array.from({ length: 2 }, (_, i) => ({
        address: `mlnb:catalog/c${first + i}`,
        name: `c${first + i}`,
        kind: 'catalog',
        children: false
      }));
    renderWithHost(<BrowseSection />, {
      routes: {
        'GET api/1.0/tree': ({ query }: { query: Record<string, string> }) =>
          query.page_token
            ? { nodes: nodes(2) }
            : { nodes: nodes(0), next_page_token: 't' }
      }
    });
    await userEvent.click(
      await screen.findByRole('treeitem', { name: 'Show more…' })
    );
    expect(
      await screen.findByRole('treeitem', { name: /^c3/ })
    ).toBeInTheDocument();
    expect(screen.queryByRole('treeitem', { name: 'Show more…' })).toBeNull();
  });

  it('shows a fault with its hint and tries again', async () => {
    let broken = true;
    renderWithHost(<BrowseSection />, {
      routes: {
        'GET api/1.0/tree': (request: never) =>
          broken
            ? new ApiError(400, 'X', 'The metastore is locked.', 'Wait.')
            : tree(request)
      }
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The metastore is locked.'
    );
    broken = false;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByRole('treeitem', { name: /main/ })
    ).toBeInTheDocument();
  });
});

describe('the loading cell', () => {
  it.each([
    ['main.ml.flights', 'flights'],
    ['main.ml.2013 data', 'table_2013_data'],
    ['main.ml.class', 'class_'],
    ['main.ml.日本', 'table_']
  ])('%s is loaded into %s', (name, variable) => {
    expect(variableOf(name)).toBe(variable);
  });

  it('quotes names for Python and for SQL', () => {
    const name = 'main.ml.it"s `odd`';
    expect(loadingCell(name).source).toContain('read("main.ml.it\\"s `odd`")');
    expect(loadingCell(name, 'sql', 3).source).toContain(
      'FROM main.ml.`it"s ``odd``` VERSION AS OF 3'
    );
  });
});

describe('the tree of all kinds', () => {
  async function openMl(): Promise<ReturnType<typeof renderWithHost>> {
    const rendered = renderWithHost(<BrowseSection />, {
      routes: {
        ...ROUTES,
        'DELETE api/1.0/objects/*/*': null,
        'POST api/1.0/objects/*/*/undrop': {
          kind: 'table',
          full_name: 'main.ml.flight_labels',
          address: 'mlnb:table/main.ml.flight_labels'
        },
        'PUT api/1.0/objects/*/*/comment': {},
        'PUT api/1.0/objects/*/*/tags': { tags: [] }
      }
    });
    await userEvent.click(await screen.findByRole('treeitem', { name: /^ml/ }));
    await screen.findByRole('treeitem', { name: /flight_labels/ });
    return rendered;
  }

  it('groups what is in a schema by kind, counts it and says certification in words', async () => {
    await openMl();
    for (const group of [
      'Tables, 6',
      'Volumes, 1',
      'Functions, 1',
      'Models, 1'
    ]) {
      expect(screen.getByRole('treeitem', { name: group })).toHaveAttribute(
        'aria-expanded',
        'true'
      );
    }
    expect(
      screen.getByRole('treeitem', {
        name: 'flight_labels, table, 327,346 rows, Certified'
      })
    ).toBeInTheDocument();
    expect(
      screen.getByRole('treeitem', { name: 'delays_by_carrier, view' })
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('treeitem', { name: 'Tables, 6' }));
    expect(
      screen.queryByRole('treeitem', { name: /flight_labels/ })
    ).toBeNull();
    expect(
      screen.getByRole('treeitem', { name: /reports, volume/ })
    ).toBeInTheDocument();
  });

  it('offers a menu by mouse and by keys, and copies a SELECT from it', async () => {
    const { host } = await openMl();
    fireEvent.contextMenu(
      screen.getByRole('treeitem', { name: /flight_labels/ })
    );
    fireEvent.keyDown(screen.getByRole('tree'), { key: 'F10', shiftKey: true });
    expect(host.menus).toHaveLength(2);
    const labels = host.menus[1].map(item =>
      item.kind === 'line' ? '-' : item.label
    );
    expect(labels).toEqual(
      expect.arrayContaining([
        'Open',
        'Insert cell',
        'Copy SELECT',
        'Profile',
        'Pin',
        'Edit comment…',
        'Grants…',
        'Rename…',
        'Move to trash'
      ])
    );
    const copy = host.menus[0].find(
      item => item.kind !== 'line' && item.label === 'Copy SELECT'
    );
    act(() => (copy as { run: () => void }).run());
    expect(host.copied).toEqual([
      'SELECT *\nFROM main.ml.flight_labels\nLIMIT 100'
    ]);
  });

  it('drops with Delete and brings back with Undo', async () => {
    const { host } = await openMl();
    fireEvent.contextMenu(
      screen.getByRole('treeitem', { name: /flight_labels/ })
    );
    fireEvent.keyDown(screen.getByRole('tree'), { key: 'Delete' });
    await waitFor(() => expect(host.notices).toHaveLength(1));
    expect(host.notices[0].message).toBe(
      'main.ml.flight_labels is in the trash.'
    );
    act(() => host.notices[0].actions?.[0].run());
    await waitFor(() =>
      expect(host.notices[1]?.message).toBe('main.ml.flight_labels is back.')
    );
    expect(
      host.server.requests
        .filter(one => one.method !== 'GET')
        .map(one => `${one.method} ${one.path}`)
    ).toEqual([
      'DELETE api/1.0/objects/table/main.ml.flight_labels',
      'POST api/1.0/objects/table/main.ml.flight_labels/undrop'
    ]);
  });

  it('asks before a schema goes with all that is in it', async () => {
    const { host } = await openMl();
    host.answer = false;
    fireEvent.contextMenu(screen.getByRole('treeitem', { name: /^ml/ }));
    fireEvent.keyDown(screen.getByRole('tree'), { key: 'Delete' });
    await waitFor(() => expect(host.questions).toHaveLength(1));
    expect(host.questions[0].body).toContain('9 objects in it go with it');
    expect(host.server.requests.some(one => one.method === 'DELETE')).toBe(
      false
    );
  });

  it('comments with F2 and sends what was seen, so that nothing is overwritten', async () => {
    const { host } = await openMl();
    host.text = 'Checked daily.';
    fireEvent.contextMenu(screen.getByRole('treeitem', { name: /reports/ }));
    fireEvent.keyDown(screen.getByRole('tree'), { key: 'F2' });
    await waitFor(() =>
      expect(
        host.server.requests.find(one => one.method === 'PUT')?.body
      ).toEqual({ text: 'Checked daily.', expected: '' })
    );
    expect(host.asked[0].multiline).toBe(true);
  });

  it('shows one page and fetches the next when its end is reached', async () => {
    const page = (first: number): object[] =>
      Array.from({ length: 500 }, (_, i) => ({
        address: `mlnb:table/main.big.t${first + i}`,
        name: `t${first + i}`,
        kind: 'table',
        children: false
      }));
    const { host } = renderWithHost(<BrowseSection />, {
      routes: {
        'GET api/1.0/tree': ({ query }: { query: Record<string, string> }) => {
          if (!query.parent) {
            return {
              nodes: [
                {
                  address: 'mlnb:catalog/main',
                  name: 'main',
                  kind: 'catalog',
                  children: true
                }
              ]
            };
          }
          if (query.parent === 'main') {
            return {
              nodes: [
                {
                  address: 'mlnb:schema/main.big',
                  name: 'big',
                  kind: 'schema',
                  children: true,
                  counts: { table: 10_000 }
                }
              ]
            };
          }
          const first = Number(query.page_token ?? 0);
          return { nodes: page(first), next_page_token: String(first + 500) };
        }
      }
    });
    await userEvent.click(await screen.findByRole('treeitem', { name: /big/ }));
    await screen.findByRole('treeitem', { name: /t0/ });
    expect(screen.getAllByRole('treeitem').length).toBeLessThan(80);
    expect(host.server.count('GET api/1.0/tree')).toBe(3);
  });
});

describe('recent and trash', () => {
  it('lists pins first, and pins with a click that is remembered on the server', async () => {
    const { host } = renderWithHost(<RecentSection />, {
      routes: demoRoutes()
    });
    const list = await screen.findByRole('list', { name: 'Recent and pinned' });
    const rows = (): (string | null)[] =>
      Array.from(list.querySelectorAll('.jp-mlnb-ListRow-name')).map(
        node => node.textContent
      );
    expect(rows()).toEqual(['flights', 'flight_labels', 'flights']);
    await userEvent.click(
      screen.getByRole('button', { name: 'Pin main.ml.flights' })
    );
    expect(rows()).toEqual(['flights', 'flights', 'flight_labels']);
    await waitFor(() =>
      expect(host.server.count('PUT api/1.0/me/state/catalog.pins')).toBe(1)
    );
  });

  it('restores what is in the trash', async () => {
    const { host } = renderWithHost(<TrashSection />, {
      routes: {
        ...demoRoutes(),
        'POST api/1.0/objects/*/*/undrop': {
          full_name: 'main.raw.flights_copy'
        }
      }
    });
    await userEvent.click(
      await screen.findByRole('button', {
        name: 'Restore main.raw.flights_copy'
      })
    );
    await waitFor(() =>
      expect(host.notices[0]?.message).toBe('main.raw.flights_copy is back.')
    );
  });
});
