/** Marks below cells whose code is no longer what made their last run. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { PanelLayout } from '@lumino/widgets';
import { Widget } from '@lumino/widgets';
import { formatAddress } from '@mlnb/ui/lib/address';
import type { INotebookRun } from '@mlnb/ui/lib/api/types.replay';
import { iconSvg } from '@mlnb/ui/lib/components/Icon';
import type { IChanges, IHost } from '@mlnb/ui/lib/host';
import { makesRun, newestByCell, standing } from '@mlnb/ui/lib/run/cells';
import { figureText, reproducibleState } from '@mlnb/ui/lib/run/words';

type Cell = NotebookPanel['content']['widgets'][number];

/** Typing settles before marks are looked at; runs that end together are asked for once. */
const SETTLE_MS = 400;

/** What a mark says of a cell. */
export interface IMark {
  text: string;
  title: string;
}

/** The mark of a cell, null when its code and the order are as its last run says. */
export function markOf(
  cell: { id: string; source: string },
  run: INotebookRun | undefined,
  { trans }: Pick<IHost, 'trans'>
): IMark | null {
  if (!run || run.status === 'RUNNING') {
    return null;
  }
  const now = standing(run, {
    path: '',
    activeCell: null,
    cells: [{ ...cell, isCode: true }]
  });
  const [metric] = Object.entries(run.metrics);
  const name = metric
    ? trans.__('%1 (%2 %3)', run.name, metric[0], figureText(metric[1]))
    : run.name;
  if (now === 'changed') {
    return {
      text: trans.__('Changed since run %1', name),
      title: trans.__('What stands here is not what made the run.')
    };
  }
  const order = reproducibleState(run.reproducible, trans);
  return order && order.tone !== 'good'
    ? {
        text: trans.__('Run %1: %2', name, order.label.toLocaleLowerCase()),
        title: order.title ?? ''
      }
    : null;
}

/** One line below a cell's code, with a way to the run. */
class Mark extends Widget {
  constructor(mark: IMark, run: INotebookRun, host: IHost) {
    super();
    const { trans } = host;
    this.addClass('jp-mlnb-CellMark');
    this.node.setAttribute('role', 'note');
    this.node.title = mark.title;
    this.signature = signatureOf(mark, run);
    const icon = document.createElement('span');
    icon.innerHTML = iconSvg('alert');
    icon.setAttribute('aria-hidden', 'true');
    const text = document.createElement('span');
    text.className = 'jp-mlnb-CellMark-text';
    text.textContent = mark.text;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = trans.__('As it was');
    button.title = trans.__('The code and the order that made the run');
    button.onclick = () =>
      host.open(formatAddress('run', run.run_id, { query: { tab: 'code' } }));
    this.node.append(icon, text, button);
  }

  readonly signature: string;
}

function signatureOf(mark: IMark, run: INotebookRun): string {
  return JSON.stringify([mark, run.run_id]);
}

/** Keeps the marks of one notebook as its cells and its runs change. */
export class CellMarks {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _host: IHost
  ) {
    const { context, content } = _panel;
    context.model.contentChanged.connect(this._onContent, this);
    context.pathChanged.connect(this._forget, this);
    content.activeCellChanged.connect(this._onContent, this);
    this._stop = _host.events.onChanges(changes => this._onChanges(changes));
    _panel.disposed.connect(() => {
      this._stop();
      clearTimeout(this._timer);
    });
    this._plan();
  }

  private _onContent(): void {
    this._plan();
  }

  private _forget(): void {
    this._runs = null;
    this._plan();
  }

  private _onChanges({ events, gap }: IChanges): void {
    if (gap || events.some(event => event.subject.startsWith('run:'))) {
      this._forget();
    }
  }

  private _plan(): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._update(), SETTLE_MS);
  }

  private async _update(): Promise<void> {
    if (this._panel.isDisposed) {
      return;
    }
    const cells = this._panel.content.widgets.filter(cell =>
      makesRun(cell.model.sharedModel.getSource())
    );
    if (cells.length > 0 && !this._runs) {
      if (this._host.connection.current.kind !== 'ready') {
        // Connected later: the first event, or the next key, asks again.
        return;
      }
      this._turn += 1;
      const turn = this._turn;
      try {
        const { runs } = await this._host.api.runs.ofNotebook(
          this._panel.context.localPath
        );
        if (turn !== this._turn || this._panel.isDisposed) {
          return;
        }
        this._runs = newestByCell(runs);
      } catch {
        // Without an answer nothing is known, and nothing is marked.
        return;
      }
    }
    const marked = new Set<string>();
    for (const cell of cells) {
      const run = this._runs?.get(cell.model.id);
      const mark = markOf(
        { id: cell.model.id, source: cell.model.sharedModel.getSource() },
        run,
        this._host
      );
      if (mark && run) {
        marked.add(cell.model.id);
        // A cell outside of the window has no parts yet.
        void cell.ready.then(() => this._place(cell, mark, run));
      }
    }
    for (const [id, widget] of this._marks) {
      if (!marked.has(id)) {
        widget.dispose();
        this._marks.delete(id);
      }
    }
  }

  private _place(cell: Cell, mark: IMark, run: INotebookRun): void {
    if (cell.isDisposed) {
      return;
    }
    const { id } = cell.model;
    const old = this._marks.get(id);
    if (old && !old.isDisposed && old.signature === signatureOf(mark, run)) {
      return;
    }
    old?.dispose();
    const widget = new Mark(mark, run, this._host);
    const layout = cell.layout as PanelLayout;
    const input = layout.widgets.findIndex(one =>
      one.hasClass('jp-Cell-inputWrapper')
    );
    layout.insertWidget(input + 1, widget);
    this._marks.set(id, widget);
  }

  private _runs: Map<string, INotebookRun> | null = null;
  private _marks = new Map<string, Mark>();
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _turn = 0;
  private readonly _stop: () => void;
}
