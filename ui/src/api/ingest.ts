import { path } from './transport';
import type { ITransport } from './transport';
import type {
  IIngestOptions,
  IIngestPlan,
  IIngestRequest,
  IIngestRun,
  IngestMode
} from './types.ingest';

/** Bytes sent at a time: a broken connection costs one piece, not the file. */
const PIECE = 8 * 1024 * 1024;

/** Files become tables. */
export class IngestApi {
  constructor(private readonly _transport: ITransport) {}

  /** What a load would do; nothing is written. */
  preview(
    body: {
      source: readonly string[];
      name?: string;
      mode?: IngestMode;
      options?: IIngestOptions;
    },
    signal?: AbortSignal
  ): Promise<IIngestPlan> {
    return this._transport.request(path`api/1.0/ingest/preview`, {
      method: 'POST',
      body,
      signal
    });
  }

  start(body: IIngestRequest): Promise<{ id: string }> {
    return this._transport.request(path`api/1.0/ingest`, {
      method: 'POST',
      body
    });
  }

  get(id: string, signal?: AbortSignal): Promise<IIngestRun> {
    return this._transport.request(path`api/1.0/ingest/${id}`, { signal });
  }

  cancel(id: string): Promise<IIngestRun> {
    return this._transport.request(path`api/1.0/ingest/${id}/cancel`, {
      method: 'POST'
    });
  }

  /**
   * Bring a file of the desktop to the server, piece by piece.
   *
   * @returns where it lies there, as a source for a load
   */
  async upload(
    file: File,
    onProgress?: (done: number) => void
  ): Promise<string> {
    let place: string | undefined;
    for (let offset = 0; offset === 0 || offset < file.size; offset += PIECE) {
      const answer: { path: string } = await this._transport.request(
        path`api/1.0/ingest/upload`,
        {
          method: 'POST',
          query:
            place === undefined ? { name: file.name } : { path: place, offset },
          body: file.slice(offset, offset + PIECE)
        }
      );
      place = answer.path;
      onProgress?.(Math.min(offset + PIECE, file.size));
    }
    return place ?? '';
  }
}
