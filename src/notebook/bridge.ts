import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ICellSource } from '@mlnb/ui/lib/host';
import { IMlnbNotebook } from '../tokens';
import { NotebookInView } from './inView';

/** Below the active cell; the cells go through the shared model as one step of undo. */
function insertBelow(
  panel: NotebookPanel,
  cells: readonly ICellSource[]
): void {
  const { content, model } = panel;
  if (!model) {
    return;
  }
  const at = content.activeCellIndex + 1;
  model.sharedModel.transact(() => {
    model.sharedModel.insertCells(
      at,
      cells.map(cell => ({ ...cell, metadata: {} }))
    );
  });
  content.activeCellIndex = at + cells.length - 1;
  void content.scrollToItem(content.activeCellIndex, 'smart');
}

const plugin: JupyterFrontEndPlugin<IMlnbNotebook> = {
  id: 'mlnb:notebook',
  description: 'Inserts cells into the visible notebook.',
  autoStart: true,
  provides: IMlnbNotebook,
  optional: [INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker | null
  ): IMlnbNotebook => ({
    source: new NotebookInView(tracker),
    insert: async cells => {
      const panel = tracker?.currentWidget;
      if (!panel?.isVisible) {
        return false;
      }
      // One that was just made has no cells yet.
      await panel.context.ready;
      insertBelow(panel, cells);
      return true;
    },
    open: async (path, cellId) =>
      (await import('./openNotebook')).openNotebook(app, path, cellId),
    save: async (content, path) =>
      (await import('./openNotebook')).saveNotebook(app, content, path)
  })
};

export default plugin;
