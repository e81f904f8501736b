import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { errorFromBody, NetworkError } from '@mlnb/ui/lib/api/errors';
import { queryText } from '@mlnb/ui/lib/api/transport';
import type { IFile, IRequest, ITransport } from '@mlnb/ui/lib/api/transport';

/** Everything of ours is below this part of the server's base address. */
export const PREFIX = 'mlnb';

/** Requests through Lab: base address, token and cross-site protection are its business. */
export class LabTransport implements ITransport {
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _onNetwork: (reached: boolean) => void
  ) {}

  async request<T>(path: string, init: IRequest = {}): Promise<T> {
    const response = await this._fetch(path, init);
    const answer = await readBody(response);
    if (!response.ok) {
      throw errorFromBody(response.status, response.statusText, answer);
    }
    return answer as T;
  }

  async file(path: string, init: IRequest = {}): Promise<IFile> {
    const response = await this._fetch(path, init);
    if (!response.ok) {
      throw errorFromBody(
        response.status,
        response.statusText,
        await readBody(response)
      );
    }
    return { name: fileName(response, path), data: await response.blob() };
  }

  private async _fetch(path: string, init: IRequest): Promise<Response> {
    const { method = 'GET', query, body, signal } = init;
    const url =
      URLExt.join(this._settings.baseUrl, PREFIX, path) + queryText(query);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(
        url,
        { method, signal, ...bodyOf(body) },
        this._settings
      );
    } catch (error) {
      if (signal?.aborted) {
        throw error;
      }
      this._onNetwork(false);
      throw new NetworkError((error as Error).message);
    }
    this._onNetwork(true);
    return response;
  }
}

/** What the server calls a file, or the end of its address. */
function fileName(response: Response, path: string): string {
  const stated = /filename="?([^";]+)"?/.exec(
    response.headers.get('Content-Disposition') ?? ''
  );
  const last = decodeURIComponent(path.split('/').pop() ?? '');
  return stated?.[1] ?? (last || 'file');
}

/** What is sent, and how it is called. */
function bodyOf(body: unknown): RequestInit {
  if (body === undefined) {
    return {};
  }
  const isBytes = body instanceof Blob;
  return {
    body: isBytes ? body : JSON.stringify(body),
    headers: {
      'Content-Type': isBytes ? 'application/octet-stream' : 'application/json'
    }
  };
}

/** The body as JSON, null when there is none or it is something else (a proxy's page). */
async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') {
    return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
