/** The notebook in view, told to panels that follow it. */
import type {
  INotebookModel,
  INotebookTracker,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { INotebookContext, INotebookSource } from '@mlnb/ui/lib/host';

/** Typing is told when it pauses, not key by key. */
const SETTLE_MS = 300;

/**
 * Watches the current notebook while somebody listens, and not otherwise.
 *
 * The current notebook stays the one last worked in while a page or a panel has the focus.
 */
export class NotebookInView implements INotebookSource {
  constructor(private readonly _tracker: INotebookTracker | null) {}

  get current(): INotebookContext | null {
    if (this._listeners.size === 0 || this._isStale) {
      const next = contextOf(this._tracker?.currentWidget ?? null);
      // The same object for the same state: who renders it compares objects.
      if (JSON.stringify(next) !== JSON.stringify(this._current)) {
        this._current = next;
      }
      this._isStale = false;
    }
    return this._current;
  }

  subscribe(listener: () => void): () => void {
    if (this._listeners.size === 0) {
      this._tracker?.currentChanged.connect(this._onNotebook, this);
      this._tracker?.activeCellChanged.connect(this._change, this);
      this._follow(this._tracker?.currentWidget ?? null);
      this._isStale = true;
    }
    this._listeners.add(listener);
    return () => {
      this._listeners.delete(listener);
      if (this._listeners.size === 0) {
        this._tracker?.currentChanged.disconnect(this._onNotebook, this);
        this._tracker?.activeCellChanged.disconnect(this._change, this);
        this._follow(null);
        clearTimeout(this._timer);
      }
    };
  }

  private _follow(panel: NotebookPanel | null): void {
    const old = this._panel;
    if (old && !old.isDisposed) {
      old.context.pathChanged.disconnect(this._change, this);
      old.context.model?.contentChanged.disconnect(this._onContent, this);
    }
    this._panel = panel;
    panel?.context.pathChanged.connect(this._change, this);
    panel?.context.model?.contentChanged.connect(this._onContent, this);
    void panel?.context.ready.then(() => this._change());
  }

  private _onNotebook(_: unknown, panel: NotebookPanel | null): void {
    this._follow(panel);
    this._change();
  }

  private _onContent(_: INotebookModel): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._change(), SETTLE_MS);
  }

  private _change(): void {
    this._isStale = true;
    this._listeners.forEach(listener => listener());
  }

  private _listeners = new Set<() => void>();
  private _panel: NotebookPanel | null = null;
  private _current: INotebookContext | null = null;
  private _isStale = true;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function contextOf(panel: NotebookPanel | null): INotebookContext | null {
  const cells = panel?.model?.cells;
  if (!panel || !cells) {
    return null;
  }
  return {
    path: panel.context.localPath,
    activeCell: panel.content.activeCell?.model.id ?? null,
    cells: Array.from({ length: cells.length }, (_, i) => {
      const cell = cells.get(i);
      return {
        id: cell.id,
        isCode: cell.type === 'code',
        source: cell.sharedModel.getSource()
      };
    })
  };
}
