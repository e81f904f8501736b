import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import { renderWithHost, tree } from '../../testing';
import type { FakeRoutes } from '../../testing';
import { BrowseSection } from '../BrowseSection';
import { loadingCell, variableOf } from '../loading';

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
      screen.getByRole('searchbox', { name: 'Filter tables' }),
      'weather'
    );
    await screen.findByRole('treeitem', { name: /weather_hourly/ });
    expect(screen.queryByRole('treeitem', { name: /ml/ })).toBeNull();
    const filters = host.server.requests.map(one => one.query.filter);
    expect(new Set(filters)).toEqual(new Set([undefined, 'weather']));
  });

  it('inserts a loading cell and copies the name', async () => {
    const { host } = await openRaw();
    await userEvent.click(
      screen.getByRole('button', {
        name: 'Insert a cell that loads main.raw.flights'
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
      await screen.findByRole('treeitem', { name: 'c3' })
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
