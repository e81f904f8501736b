/** The notebook in view, told to panels that follow it. */
import { NotebookActions } from '@jupyterlab/notebook';
import type {
  INotebookModel,
  INotebookTracker,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
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
      const panel = this._tracker?.currentWidget ?? null;
      const kernel = panel?.sessionContext?.session?.kernel;
      const next = contextOf(
        panel,
        kernel && kernel === this._kernel ? this._workspace : undefined
      );
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
      old.sessionContext?.kernelChanged.disconnect(this._askKernel, this);
      old.sessionContext?.statusChanged.disconnect(this._onStatus, this);
    }
    this._panel = panel;
    panel?.context.pathChanged.connect(this._change, this);
    panel?.context.model?.contentChanged.connect(this._onContent, this);
    panel?.sessionContext?.kernelChanged.connect(this._askKernel, this);
    panel?.sessionContext?.statusChanged.connect(this._onStatus, this);
    // What loads our extension is a cell.
    NotebookActions.executed.disconnect(this._askKernel, this);
    if (panel) {
      NotebookActions.executed.connect(this._askKernel, this);
      this._askKernel();
    }
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

  /** Learn which workspace the kernel uses, unless that is known. */
  private _askKernel(): void {
    const kernel = this._panel?.sessionContext?.session?.kernel;
    if (!kernel || (kernel === this._kernel && this._workspace !== undefined)) {
      return;
    }
    void import('./kernelLink')
      .then(({ workspaceOf }) => workspaceOf(kernel))
      .then(workspace => {
        if (
          workspace !== null &&
          kernel === this._panel?.sessionContext?.session?.kernel
        ) {
          this._kernel = kernel;
          this._workspace = workspace;
          this._change();
        }
      });
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._workspace = undefined;
      this._change();
    }
  }

  private _change(): void {
    this._isStale = true;
    this._listeners.forEach(listener => listener());
  }

  private _listeners = new Set<() => void>();
  private _panel: NotebookPanel | null = null;
  private _current: INotebookContext | null = null;
  private _isStale = true;
  private _kernel: Kernel.IKernelConnection | undefined;
  private _workspace: string | undefined;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function contextOf(
  panel: NotebookPanel | null,
  workspace: string | undefined
): INotebookContext | null {
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
    }),
    workspace
  };
}
