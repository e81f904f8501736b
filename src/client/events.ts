import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type {
  IJournalEvent,
  IJournalPage,
  IProgress
} from '@mlnb/ui/lib/api/types';
import type { IChanges, IEventSource } from '@mlnb/ui/lib/host';

export const JOURNAL_SCHEMA = 'https://mlnb.dev/events/journal/v1';
export const PROGRESS_SCHEMA = 'https://mlnb.dev/events/progress/v1';

/**
 * Journal and progress events from Jupyter's event bus.
 *
 * The bus replays nothing and does not reconnect while the page is hidden. So the last id seen is
 * kept, and what follows it is asked for when the page is seen again or when ids skip.
 */
export class JournalEvents implements IEventSource, IDisposable {
  constructor(
    private readonly _stream: Event.Stream,
    private readonly _after: (id: number) => Promise<IJournalPage>
  ) {
    this._stream.connect(this._onEvent, this);
    document.addEventListener('visibilitychange', this._onVisibility);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  onChanges(listener: (changes: IChanges) => void): () => void {
    this._changes.add(listener);
    return () => this._changes.delete(listener);
  }

  onProgress(listener: (progress: IProgress) => void): () => void {
    this._progress.add(listener);
    return () => this._progress.delete(listener);
  }

  /** Ask for what happened since the last event seen; all counts as changed when that is unknown. */
  async resync(): Promise<void> {
    if (this._lastId === null) {
      this._emit({ events: [], gap: true });
      return;
    }
    try {
      const page = await this._after(this._lastId);
      this._lastId = Math.max(this._lastId, page.last_id);
      if (page.gap || page.events.length > 0) {
        this._emit({ events: page.events, gap: page.gap });
      }
    } catch {
      // Without an answer the connection's state tells the user; nothing is known to have changed.
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._stream.disconnect(this._onEvent, this);
    document.removeEventListener('visibilitychange', this._onVisibility);
    this._changes.clear();
    this._progress.clear();
  }

  private _onEvent(_: Event.IManager, emission: Event.Emission): void {
    const data = emission as unknown;
    if (emission.schema_id === PROGRESS_SCHEMA) {
      this._progress.forEach(listener => listener(data as IProgress));
    } else if (emission.schema_id === JOURNAL_SCHEMA) {
      const event = data as IJournalEvent;
      const skipped = this._lastId !== null && event.id > this._lastId + 1;
      if (skipped) {
        void this.resync();
      } else {
        this._lastId = Math.max(this._lastId ?? 0, event.id);
        this._emit({ events: [event], gap: false });
      }
    }
  }

  private _emit(changes: IChanges): void {
    this._changes.forEach(listener => listener(changes));
  }

  private _onVisibility = (): void => {
    if (!document.hidden) {
      void this.resync();
    }
  };

  private _lastId: number | null = null;
  private _changes = new Set<(changes: IChanges) => void>();
  private _progress = new Set<(progress: IProgress) => void>();
  private _isDisposed = false;
}
