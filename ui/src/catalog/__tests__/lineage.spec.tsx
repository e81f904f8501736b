import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { layout } from '../../graph/layout';
import { neighbour } from '../../graph/paths';
import {
  demoRoutes,
  LINEAGE,
  PageHarness,
  plainTrans,
  renderWithHost
} from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing';
import { linkedColumns, merge, portOf, sizeOf } from '../lineageGraph';
import { lineageSvg } from '../lineageSvg';
import { TablePage } from '../TablePage';

const ME = 'table:main.raw.flights';

function show(
  query: Record<string, string> = {},
  changes: FakeRoutes = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(
    <PageHarness
      page={TablePage}
      name="main.raw.flights"
      query={{ tab: 'lineage', ...query }}
    />,
    { routes: { ...demoRoutes(), ...changes } }
  );
}

async function graph(): Promise<HTMLElement> {
  const found = await screen.findByRole('group', {
    name: 'Lineage of main.raw.flights'
  });
  await within(found).findByRole('button', {
    name: /table, main\.raw\.flights/
  });
  return found;
}

describe('lineage', () => {
  it('opens the notebook of a cell at the cell', async () => {
    const openNotebook = jest.fn();
    const cell = {
      ...LINEAGE.nodes[0],
      id: 'cell:/w/flights.ipynb#4f2a9c11',
      kind: 'cell',
      name: '/w/flights.ipynb#4f2a9c11',
      address: undefined
    };
    const edge = { ...LINEAGE.edges[0], source: cell.id, target: ME };
    renderWithHost(
      <PageHarness
        page={TablePage}
        name="main.raw.flights"
        query={{ tab: 'lineage' }}
      />,
      {
        routes: {
          ...demoRoutes(),
          'GET api/1.0/lineage/table/*': {
            ...LINEAGE,
            nodes: [...LINEAGE.nodes, cell],
            edges: [...LINEAGE.edges, edge]
          }
        },
        host: { openNotebook }
      }
    );
    const found = await graph();
    await userEvent.click(
      within(found).getByRole('button', { name: /^cell,/ })
    );
    expect(openNotebook).toHaveBeenCalledWith('/w/flights.ipynb', '4f2a9c11');
  });

  it('shows what is before and after, and opens it', async () => {
    const { host } = show();
    const found = await graph();
    await userEvent.click(
      within(found).getByRole('button', { name: /model version/ })
    );
    expect(host.opened).toEqual(['mlnb:version/main.ml.flights/3']);
  });

  it('has one stop of the Tab key and follows the arrows', async () => {
    const { host } = show();
    const found = await graph();
    const stops = within(found)
      .getAllByRole('button')
      .filter(one => one.tabIndex === 0);
    expect(stops).toHaveLength(1);
    stops[0].focus();
    await userEvent.keyboard('{ArrowRight}');
    expect(document.activeElement).toHaveAccessibleName(/flight_labels/);
    await userEvent.keyboard('{Enter}');
    expect(host.opened).toEqual(['mlnb:table/main.ml.flight_labels']);
    await userEvent.keyboard('{Escape}');
    expect(found).not.toContainElement(document.activeElement as HTMLElement);
  });

  it('goes one hop further', async () => {
    const { host } = show(
      {},
      {
        'GET api/1.0/lineage/table/main.raw.weather': (
          request: IFakeRequest
        ) => ({
          focus: 'table:main.raw.weather',
          nodes: [
            {
              id: 'external:noaa.csv',
              kind: 'external',
              name: `noaa ${request.query.direction}.csv`,
              more: { upstream: 0, downstream: 0 }
            }
          ],
          edges: [
            {
              source: 'external:noaa.csv',
              target: 'table:main.raw.weather',
              kind: 'external',
              last_seen: 1,
              count: 1
            }
          ],
          truncated: false
        })
      }
    );
    const found = await graph();
    await userEvent.click(
      within(found).getByRole('button', {
        name: 'Show what main.raw.weather is made from'
      })
    );
    expect(
      await within(found).findByRole('button', { name: /noaa upstream.csv/ })
    ).toBeInTheDocument();
    expect(
      within(found).queryByRole('button', {
        name: 'Show what main.raw.weather is made from'
      })
    ).toBeNull();
    expect(
      host.server.count('GET api/1.0/lineage/table/main.raw.weather')
    ).toBe(1);
  });

  it('follows one column', async () => {
    const { host } = show({ level: 'column' });
    const found = await graph();
    expect(within(found).getByText('arr_delay')).toBeInTheDocument();
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Column' }),
      'arr_delay'
    );
    await waitFor(() =>
      expect(host.server.requests.pop()?.query).toEqual({
        level: 'column',
        column: 'arr_delay',
        depth: '3'
      })
    );
  });

  it('says the same as a list', async () => {
    show({ show: 'list', level: 'column' });
    const table = await screen.findByRole('table', {
      name: 'What is made of it'
    });
    expect(table).toHaveTextContent('arr_delay → late');
    expect(table).toHaveTextContent('flights_lifecycle.ipynb, cell 7c1f');
    expect(screen.getByRole('table', { name: 'Made from' })).toHaveTextContent(
      'nycflights13.csv'
    );
  });

  it('says so where nothing is known', async () => {
    show(
      {},
      { 'GET api/1.0/lineage/table/*': { ...LINEAGE, nodes: [], edges: [] } }
    );
    expect(await screen.findByText('No lineage yet')).toBeInTheDocument();
  });
});

describe('graph', () => {
  const merged = merge(
    [LINEAGE, LINEAGE],
    [{ id: 'table:main.raw.weather', direction: 'upstream' }]
  );
  const columns = linkedColumns(merged);
  const nodes = merged.nodes.map(one => ({
    id: one.id,
    ...sizeOf(columns.get(one.id) ?? [])
  }));

  it('joins answers without doubling', () => {
    expect(merged.nodes).toHaveLength(LINEAGE.nodes.length);
    expect(merged.edges).toHaveLength(LINEAGE.edges.length);
    const weather = merged.nodes.find(one => one.name === 'main.raw.weather');
    expect(weather?.more.upstream).toBe(0);
    expect(columns.get(ME)).toEqual(['flight_id', 'arr_delay']);
    expect(portOf(['a', 'b'], 'b')).toBe(74);
  });

  it('runs from left to right and can be walked', () => {
    const places = layout(nodes, merged.edges);
    for (const { source, target } of merged.edges) {
      expect(places.places.get(source)?.x).toBeLessThan(
        places.places.get(target)?.x ?? 0
      );
    }
    expect(neighbour(places, ME, 'ArrowRight')).toBe(
      'table:main.ml.flight_labels'
    );
    expect(neighbour(places, ME, 'ArrowLeft')).toBe(
      'external:nycflights13.csv'
    );
    expect(neighbour(places, ME, 'a')).toBeNull();
  });

  it('becomes a picture in which names are text', () => {
    const hostile = {
      nodes: [{ ...merged.nodes[2], name: 'main.a.<script>"&' }],
      edges: []
    };
    const svg = lineageSvg(
      hostile,
      new Map(),
      layout([{ id: ME, ...sizeOf([]) }], []),
      ME,
      plainTrans
    );
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
    expect(parsed.querySelector('parsererror, script')).toBeNull();
    expect(parsed.documentElement.textContent).toContain('<script>"&');
  });

  it('survives tables that are made from themselves', () => {
    const self = [{ source: ME, target: ME }];
    expect(layout([{ id: ME, ...sizeOf([]) }], self).places.size).toBe(1);
  });
});
