/** Outputs of our MIME type: components that ask the kernel of the notebook they stand in. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime';
import { IMlnbHost } from '../tokens';
import { OutputWidget } from './outputWidget';

export const MIME_TYPE = 'application/vnd.mlnb.view+json';

/** Before widgets (−10), which need a kernel, and before HTML. */
const RANK = -20;

/** The factory for the outputs of one notebook; without a notebook they show what was saved. */
export function outputFactory(
  host: IMlnbHost,
  session: ISessionContext | null
): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [MIME_TYPE],
    defaultRank: RANK,
    createRenderer: options => new OutputWidget(host, session, options.mimeType)
  };
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:outputs',
  description: 'Shows live outputs of mlnb in notebooks.',
  autoStart: true,
  requires: [IMlnbHost],
  optional: [IRenderMimeRegistry, INotebookTracker],
  activate: (
    _: JupyterFrontEnd,
    host: IMlnbHost,
    registry: IRenderMimeRegistry | null,
    tracker: INotebookTracker | null
  ): void => {
    registry?.addFactory(outputFactory(host, null), RANK);
    const equip = (panel: NotebookPanel): void =>
      // The notebook's own registry, which its new views of outputs share.
      panel.content.rendermime.addFactory(
        outputFactory(host, panel.sessionContext),
        RANK
      );
    tracker?.forEach(equip);
    tracker?.widgetAdded.connect((_, panel) => equip(panel));
  }
};

export default plugin;
