import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { API_VERSION } from '@mlnb/ui/lib/api/client';
import { ApiError, NetworkError } from '@mlnb/ui/lib/api/errors';
import type { IStatus } from '@mlnb/ui/lib/api/types';
import type { Connection, IConnectionSource } from '@mlnb/ui/lib/host';

/** While something stands in the way: ask again after this time, then ever more rarely. */
const RETRY_MS = 2000;
const RETRY_MAX_MS = 5 * 60_000;

/**
 * What is known about the way to the server.
 *
 * One request finds out; after that, the ordinary requests tell whether it still holds. Only while
 * it does not is the question repeated, and not while the page is hidden.
 */
export class ServerConnection implements IConnectionSource, IDisposable {
  constructor(private readonly _ask: () => Promise<IStatus>) {}

  get current(): Connection {
    return this._current;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  subscribe(listener: () => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Ask for the status once, and take the answer as the state. Never fails. */
  async retry(): Promise<void> {
    let next: Connection;
    try {
      next = stateOf(await this._ask());
    } catch (error) {
      next = stateOfFailure(error);
    }
    this._set(next);
  }

  /** Told by the transport after every request. */
  noteNetwork(reached: boolean): void {
    if (!reached && this._current.kind === 'ready') {
      this._set({ kind: 'lost', since: Date.now() });
    } else if (reached && this._current.kind === 'lost') {
      void this.retry();
    }
  }

  dispose(): void {
    this._isDisposed = true;
    this._poll?.dispose();
    this._listeners.clear();
  }

  private _set(next: Connection): void {
    if (this._isDisposed) {
      return;
    }
    this._current = next;
    this._listeners.forEach(listener => listener());
    if (next.kind === 'ready') {
      this._poll?.dispose();
      this._poll = null;
    } else if (this._poll === null) {
      this._poll = new Poll({
        name: 'mlnb:connection',
        auto: false,
        // The poll backs off on failures: a state that is not yet ready counts as one.
        factory: async () => {
          await this.retry();
          if (this._current.kind !== 'ready') {
            throw new Error(this._current.kind);
          }
        },
        frequency: { interval: RETRY_MS, backoff: 2, max: RETRY_MAX_MS },
        standby: 'when-hidden'
      });
      // The question was just asked: the first repetition is not due at once.
      void this._poll.schedule({ interval: RETRY_MS, phase: 'started' });
    }
  }

  private _current: Connection = { kind: 'connecting' };
  private _listeners = new Set<() => void>();
  private _poll: Poll | null = null;
  private _isDisposed = false;
}

function stateOf(status: IStatus): Connection {
  const { workspace } = status;
  if (status.api < API_VERSION) {
    return { kind: 'incompatible', status, needed: API_VERSION };
  }
  if (workspace.state === 'migrating') {
    return { kind: 'migrating', status };
  }
  if (workspace.state === 'error') {
    return {
      kind: 'failed',
      code: '',
      message: workspace.error ?? '',
      hint: null,
      path: workspace.path
    };
  }
  return { kind: 'ready', status };
}

function stateOfFailure(error: unknown): Connection {
  if (error instanceof NetworkError) {
    return { kind: 'lost', since: Date.now() };
  }
  if (error instanceof ApiError) {
    if (error.isMissingServer) {
      return { kind: 'missing' };
    }
    if (error.status === 401 || error.status === 403) {
      return { kind: 'denied', message: error.message };
    }
    const { code, message, hint } = error;
    return { kind: 'failed', code, message, hint };
  }
  return { kind: 'failed', code: '', message: String(error), hint: null };
}
