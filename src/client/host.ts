import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILabShell } from '@jupyterlab/application';
import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import type { IConfirm, ISavedState } from '@mlnb/ui/lib/host';
import { CommandIDs } from '../commandIds';
import { IMlnbClient, IMlnbHost, IMlnbNotebook } from '../tokens';
import { notify } from './notices';

async function confirm(question: IConfirm): Promise<boolean> {
  const accept = { label: question.action };
  const result = await showDialog({
    title: question.title,
    body: question.body,
    buttons: [
      Dialog.cancelButton(),
      question.danger ? Dialog.warnButton(accept) : Dialog.okButton(accept)
    ]
  });
  return result.button.accept;
}

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
    return {
      kind: shell ? 'lab' : 'notebook',
      api: client.api,
      events: client.events,
      connection: client.connection,
      trans: (translator ?? nullTranslator).load('mlnb'),
      open: address => void app.commands.execute(CommandIDs.open, { address }),
      confirm,
      notify,
      copy: async text => Clipboard.copyToSystem(text),
      markdown: source => markdown(source, rendermime),
      charts: async () =>
        (await import('@mlnb/ui/lib/charts/plotly')).loadPlotly(),
      preference: (key, fallback) => preference(settings, key, fallback),
      saved: key => savedState(key, state, memory),
      insert: notebook ? cells => notebook.insert(cells) : undefined
    };
  }
};

export default plugin;
