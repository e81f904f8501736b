import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { SidePanel } from '@jupyterlab/ui-components';
import type { Token } from '@lumino/coreutils';
import plugins from '..';
import { CommandIDs } from '../commandIds';
import { IMlnbDocuments, IMlnbHost } from '../tokens';
import { fakeApp, settle } from './fakeApp';
import type { IFakeApp } from './fakeApp';

const STATUS = {
  api: 1,
  version: '0.1.0',
  workspace: { id: 'w', path: '/w', state: 'ready' },
  supervisor: { running: true },
  user: 'ada',
  counts: { running: 0, requests: 0, alerts: 0 }
};

/** Activate every plugin, all that a host may lack being absent. */
function activateAll(fake: IFakeApp): Map<Token<unknown>, unknown> {
  const services = new Map<Token<unknown>, unknown>();
  for (const plugin of plugins as JupyterFrontEndPlugin<unknown>[]) {
    const needed = (plugin.requires ?? []).map(token => {
      expect(services.has(token)).toBe(true);
      return services.get(token);
    });
    const optional = (plugin.optional ?? []).map(
      token => services.get(token) ?? null
    );
    const service = plugin.activate(fake.app, ...needed, ...optional);
    if (plugin.provides) {
      services.set(plugin.provides, service);
    }
  }
  return services;
}

describe('plugins', () => {
  it('have an id of ours, each a different one, and say what they are', () => {
    const ids = plugins.map(plugin => plugin.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const plugin of plugins) {
      expect(plugin.id).toMatch(/^mlnb:[a-z-]+$/);
      expect(plugin.description).toBeTruthy();
    }
  });

  it('start with nothing but the application, and ask the server nothing', async () => {
    const fake = fakeApp();
    activateAll(fake);
    await settle();
    expect(fake.requests).toEqual([]);
  });

  it('put named panels with an icon into the left area', () => {
    const fake = fakeApp();
    activateAll(fake);
    const panels = fake.added.filter(({ area }) => area === 'left');
    expect(panels.map(({ widget }) => widget.id)).toEqual(
      expect.arrayContaining(['mlnb-catalog', 'mlnb-experiments'])
    );
    for (const { widget } of panels) {
      // Notebook 7 shows the caption in its menu.
      expect(widget.title.caption).not.toBe('');
      expect(widget.title.icon).toBeTruthy();
      expect(widget.node.getAttribute('role')).toBe('region');
      expect(widget.node.getAttribute('aria-label')).toBe(widget.title.caption);
      const sections = (widget as SidePanel).widgets;
      expect(sections.every(section => section.title.label !== '')).toBe(true);
    }
  });

  it('describe the arguments of every command and give it a label', async () => {
    const fake = fakeApp();
    activateAll(fake);
    for (const id of Object.values(CommandIDs)) {
      expect(fake.app.commands.label(id)).not.toBe('');
      const { args } = await fake.app.commands.describedBy(id);
      expect(args).toMatchObject({ type: 'object' });
    }
  });

  it('ask for the status once when Lab is there', async () => {
    const fake = fakeApp(() => ({ status: 200, body: STATUS }));
    const services = activateAll(fake);
    fake.restore();
    await settle(1200);
    expect(fake.requests).toEqual(['mlnb/api/1.0/status']);
    const host = services.get(IMlnbHost) as IMlnbHost;
    expect(host.connection.current.kind).toBe('ready');
  });

  it('bring a panel to the front by name', async () => {
    const fake = fakeApp();
    activateAll(fake);
    await fake.app.commands.execute(CommandIDs.showPanel, { panel: 'catalog' });
    expect(fake.activated).toEqual(['mlnb-catalog']);
  });
});

describe('documents', () => {
  it('open once per object, in the area that Notebook 7 shows', async () => {
    const fake = fakeApp();
    const services = activateAll(fake);
    const documents = services.get(IMlnbDocuments) as IMlnbDocuments;
    await documents.open('mlnb:table/main.ml.x');
    await documents.open('mlnb:table/main.ml.x?tab=schema');
    const pages = fake.added.filter(({ area }) => area === 'down');
    expect(pages).toHaveLength(1);
    expect(pages[0].widget.title.label).toBe('x');
    expect(fake.activated).toEqual([
      'mlnb:table/main.ml.x',
      'mlnb:table/main.ml.x'
    ]);
  });

  it('refuse what nothing shows', async () => {
    const services = activateAll(fakeApp());
    const documents = services.get(IMlnbDocuments) as IMlnbDocuments;
    await expect(documents.open('mlnb:unheard/x')).rejects.toThrow('unheard');
    await expect(documents.open('nonsense')).rejects.toThrow('nonsense');
  });

  it('take further kinds until they are disposed of', async () => {
    const fake = fakeApp();
    const services = activateAll(fake);
    const documents = services.get(IMlnbDocuments) as IMlnbDocuments;
    const load = jest.fn();
    const kind = documents.register('gadget', {
      icon: fake.added[0].widget.title.icon as never,
      title: address => ({ label: address.name, caption: '' }),
      load
    });
    await documents.open('mlnb:gadget/g', { activate: false });
    expect(fake.added.pop()?.widget.title.label).toBe('g');
    kind.dispose();
    await expect(documents.open('mlnb:gadget/h')).rejects.toThrow();
  });
});
