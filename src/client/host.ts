import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILabShell } from '@jupyterlab/application';
import { Clipboard } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import type { ISavedState } from '@mlnb/ui/lib/host';
import { CommandIDs } from '../commandIds';
import { IMlnbClient, IMlnbHost, IMlnbNotebook } from '../tokens';
import { notify } from './notices';
import { PREFIX } from './transport';

/** A setting of one of our plugins, read when it is needed: `catalog.insert_as`. */
async function preference<T>(
  registry: ISettingRegistry | null,
  key: string,
  fallback: T
): Promise<T> {
  const [plugin, name] = key.split('.');
  try {
    const setting = await registry?.get(`mlnb:${plugin}`, name);
    return (setting?.composite as T | undefined) ?? fallback;
  } catch {
    // Without its schema on the server a setting has its default.
    return fallback;
  }
}

/** Markdown by Lab's own renderer, which sanitises; plain text where there is none. */
async function markdown(
  source: string,
  registry: IRenderMimeRegistry | null
): Promise<HTMLElement> {
  const type = 'text/markdown';
  if (!registry?.mimeTypes.includes(type)) {
    const node = document.createElement('div');
    node.textContent = source;
    return node;
  }
  const renderer = registry.createRenderer(type);
  await renderer.renderModel(
    registry.createModel({ data: { [type]: source } })
  );
  // What was rendered outlives its renderer, which has nothing more to do.
  const { node } = renderer;
  renderer.dispose();
  return node;
}

/** Kept in Lab's state database, or for this page only where there is none. */
function savedState<T>(
  key: string,
  store: IStateDB | null,
  memory: Map<string, unknown>
): ISavedState<T> {
  const id = `mlnb:${key}`;
  return {
    get: async () =>
      ((await store?.fetch(id)) ?? memory.get(id)) as T | undefined,
    set: value => {
      memory.set(id, value);
      void store?.save(id, value as ReadonlyPartialJSONValue);
    }
  };
}

const plugin: JupyterFrontEndPlugin<IMlnbHost> = {
  id: 'mlnb:host',
  description: 'Gives the components of mlnb the services of Lab.',
  autoStart: true,
  provides: IMlnbHost,
  requires: [IMlnbClient],
  optional: [
    IMlnbNotebook,
    ILabShell,
    IRenderMimeRegistry,
    ISettingRegistry,
    IStateDB,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    client: IMlnbClient,
    notebook: IMlnbNotebook | null,
    shell: ILabShell | null,
    rendermime: IRenderMimeRegistry | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null,
    translator: ITranslator | null
  ): IMlnbHost => {
    const memory = new Map<string, unknown>();
    const trans = (translator ?? nullTranslator).load('mlnb');
    return {
      kind: shell ? 'lab' : 'notebook',
      api: client.api,
      events: client.events,
      connection: client.connection,
      trans,
      open: address => void app.commands.execute(CommandIDs.open, { address }),
      // Dialogs, menus and drags wait for a person: their code is loaded with the first one.
      confirm: async question => (await import('./asking')).confirm(question),
      ask: async question => (await import('./asking')).ask(question),
      menu: (items, at) =>
        void import('./asking').then(({ openMenu }) => openMenu(items, at)),
      drag: (event, payload) =>
        void import('./dragging').then(({ dragOut }) =>
          dragOut(event, payload)
        ),
      dropFiles: (node, target) => {
        let end: (() => void) | undefined;
        let ended = false;
        void import('./dragging').then(({ dropFiles }) => {
          end = ended ? undefined : dropFiles(node, target);
        });
        return () => {
          ended = true;
          end?.();
        };
      },
      downloadUrl: path => {
        const { baseUrl, token } = app.serviceManager.serverSettings;
        // Joining would encode the mark before a query.
        const [file, query] = path.split('?');
        const params = new URLSearchParams(query);
        if (token) {
          params.set('token', token);
        }
        const text = params.toString();
        const url = URLExt.join(baseUrl, PREFIX, file);
        return text ? `${url}?${text}` : url;
      },
      notify,
      copy: async text => Clipboard.copyToSystem(text),
      markdown: source => markdown(source, rendermime),
      charts: async () =>
        (await import('@mlnb/ui/lib/charts/plotly')).loadPlotly(),
      preference: (key, fallback) => preference(settings, key, fallback),
      saved: key => savedState(key, state, memory),
      insert: notebook ? cells => notebook.insert(cells) : undefined,
      notebook: notebook?.source,
      saveNotebook: notebook
        ? (content, path) => notebook.save(content, path)
        : undefined,
      openNotebook: notebook
        ? async (path, cellId) => {
            const opened = await notebook.open(path, cellId);
            if (opened === 'missing') {
              notify({
                kind: 'warning',
                message: trans.__('There is no notebook %1 any more.', path),
                hint: trans.__(
                  'It was moved, deleted, or is in another folder.'
                )
              });
            } else if (cellId && opened === 'notebook') {
              notify({
                kind: 'info',
                message: trans.__('The cell is no longer in this notebook.')
              });
            }
          }
        : undefined,
      newNotebook: notebook
        ? async cells => {
            const { kernelspecs } = app.serviceManager;
            await app.commands.execute('notebook:create-new', {
              kernelName: kernelspecs.specs?.default
            });
            await notebook.insert(cells);
          }
        : undefined
    };
  }
};

export default plugin;
