/** Cells that make runs: run one as an experiment, show its runs, and mark those whose code is not what made the last one. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
// Its few lines are needed while the application starts.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { labIcon } from '../icons';
import { IMlnbHost } from '../tokens';

type Cell = NotebookPanel['content']['widgets'][number];

const MAGIC = '%%mlrun\n';
const MLRUN = /^\s*%%mlrun\b/;

/** The cell meant: by its id, else the active one. */
function cellOf(
  tracker: INotebookTracker | null,
  id: unknown
): { panel: NotebookPanel; cell: Cell } | null {
  const panel = tracker?.currentWidget;
  const cell =
    typeof id === 'string'
      ? panel?.content.widgets.find(one => one.model.id === id)
      : panel?.content.activeCell;
  return panel && cell ? { panel, cell } : null;
}

/** Head the cell with the magic, unless it has it; a message when that cannot be. */
export function headCell(source: string): string | null {
  const first = source.split('\n').find(line => line.trim() !== '') ?? '';
  if (MLRUN.test(first)) {
    return '';
  }
  return /^\s*%%/.test(first) ? null : MAGIC;
}

/** The magic is known where our extension is loaded; loading it again is nothing. */
async function loadExtension({ sessionContext }: NotebookPanel): Promise<void> {
  await sessionContext.ready;
  const kernel = sessionContext.session?.kernel;
  const { language_info: language } = (await kernel?.info) ?? {};
  if (language?.name === 'python') {
    // Silent: neither a number nor a word of it in the notebook; a failure shows when the cell runs.
    await kernel?.requestExecute({ code: '%load_ext mlnb', silent: true }).done;
  }
}

async function runAsExperiment(
  host: IMlnbHost,
  panel: NotebookPanel,
  cell: Cell
): Promise<void> {
  const { trans } = host;
  const { sharedModel } = cell.model;
  const source = sharedModel.getSource();
  const head = headCell(source);
  if (source.trim() === '' || head === null) {
    host.notify({
      kind: 'info',
      message:
        head === null
          ? trans.__('The cell belongs to another magic already.')
          : trans.__('The cell is empty.'),
      hint:
        head === null
          ? trans.__('Put %1 into a cell that trains in Python.', '%%mlrun')
          : trans.__('Write the code to run first.')
    });
    return;
  }
  if (head) {
    // One step of undo, and the cursor stays where it is.
    sharedModel.updateSource(0, 0, head);
  }
  await saveBeforeRun(host, panel, cell);
  await loadExtension(panel);
  const { content } = panel;
  content.activeCellIndex = content.widgets.indexOf(cell);
  await NotebookActions.run(content, panel.sessionContext);
}

/**
 * Save a notebook when a cell that makes a run begins: the copy kept with the run is to hold the cell as it was
 * executed. The kernel looks for it again when the cell has ended.
 */
async function saveBeforeRun(
  host: IMlnbHost,
  panel: NotebookPanel,
  cell: Cell
): Promise<void> {
  const { context } = panel;
  const { dirty, readOnly } = context.model;
  if (!MLRUN.test(cell.model.sharedModel.getSource()) || !dirty || readOnly) {
    return;
  }
  if (await host.preference('notebook.save_before_run', true)) {
    // A refusal is told by Lab; the run goes on and says that its notebook was not saved.
    await context.save().catch(() => undefined);
  }
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:run-cells',
  description: 'Runs cells as experiments and marks those that changed since.',
  autoStart: true,
  requires: [IMlnbHost],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ): void => {
    const { trans } = host;
    const args = {
      type: 'object' as const,
      properties: {
        cell_id: {
          type: 'string' as const,
          description: trans.__(
            'A cell of the notebook in view; by default the active one'
          )
        }
      }
    };
    const isCode = (id: unknown): boolean =>
      cellOf(tracker, id)?.cell.model.type === 'code';

    app.commands.addCommand(CommandIDs.runCellAsExperiment, {
      label: trans.__('Run the Cell as an Experiment'),
      caption: trans.__(
        'Run as experiment: put %1 on the first line and run the cell',
        '%%mlrun'
      ),
      icon: labIcon('experiment'),
      isVisible: ({ cell_id: id }) => isCode(id),
      describedBy: { args },
      execute: async ({ cell_id: id }) => {
        const found = cellOf(tracker, id);
        if (found?.cell.model.type === 'code') {
          await runAsExperiment(host, found.panel, found.cell);
        }
      }
    });

    app.commands.addCommand(CommandIDs.showCellRuns, {
      label: trans.__('Show the Runs of the Cell'),
      caption: trans.__('Runs of this cell'),
      icon: labIcon('history'),
      isVisible: ({ cell_id: id }) => isCode(id),
      describedBy: { args },
      execute: async ({ cell_id: id }) => {
        const found = cellOf(tracker, id);
        if (!found) {
          return;
        }
        const { showRunsOf } = await import('@mlnb/ui/lib/run/cellFilter');
        showRunsOf(found.cell.model.id);
        await app.commands.execute(CommandIDs.showPanel, {
          panel: 'experiments'
        });
      }
    });
    const category = paletteCategory(host);
    palette?.addItem({ command: CommandIDs.runCellAsExperiment, category });
    palette?.addItem({ command: CommandIDs.showCellRuns, category });

    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
      const panel = tracker?.find(one => one.content === notebook);
      if (panel) {
        void saveBeforeRun(host, panel, cell);
      }
    });

    // Nothing is asked for before Lab is there, nor for notebooks without runs.
    tracker?.widgetAdded.connect((_, panel) => {
      void Promise.all([app.restored, panel.context.ready])
        .then(() => import('./cellMarks'))
        .then(({ CellMarks }) => {
          if (!panel.isDisposed) {
            new CellMarks(panel, host);
          }
        });
    });
  }
};

export default plugin;
