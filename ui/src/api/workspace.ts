import { path } from './transport';
import type { ITransport } from './transport';
import type { IJournalPage, IStatus } from './types';

export class WorkspaceApi {
  constructor(private readonly _transport: ITransport) {}

  status(signal?: AbortSignal): Promise<IStatus> {
    return this._transport.request(path`api/1.0/status`, { signal });
  }

  /** Events after the given id, oldest first; `gap` when some are no longer told one by one. */
  journal(
    after: number,
    limit = 500,
    signal?: AbortSignal
  ): Promise<IJournalPage> {
    return this._transport.request(path`api/1.0/journal`, {
      query: { after, limit },
      signal
    });
  }
}
