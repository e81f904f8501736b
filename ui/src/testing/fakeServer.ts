/**
 * A server in memory that answers in the shapes of the interface: the other end of the transport
 * in tests and on the development page.
 */
import { ApiError } from '../api/errors';
import { queryText } from '../api/transport';
import type { IFile, IRequest, ITransport } from '../api/transport';

export interface IFakeRequest {
  method: string;
  /** Decoded, without the query. */
  path: string;
  query: Record<string, string>;
  body: unknown;
}

type Answer = unknown | ((request: IFakeRequest) => unknown);

/** Answers by verb and path: `'GET api/1.0/models'`; `*` stands for one part of the path. */
export type FakeRoutes = Record<string, Answer>;

export class FakeServer implements ITransport {
  constructor(public routes: FakeRoutes = {}) {}

  /** What was asked, in order. */
  readonly requests: IFakeRequest[] = [];

  /** What it answered. */
  readonly answers: unknown[] = [];

  /** Milliseconds an answer takes; `Infinity` never answers. */
  delay = 0;

  async request<T>(path: string, init: IRequest = {}): Promise<T> {
    const query = Object.fromEntries(
      new URLSearchParams(queryText(init.query))
    );
    const request: IFakeRequest = {
      method: init.method ?? 'GET',
      path: path.split('/').map(decodeURIComponent).join('/'),
      query,
      body: init.body
    };
    this.requests.push(request);
    await this._wait(init.signal);
    const answer = this._find(request, path.split('/'));
    const value = typeof answer === 'function' ? answer(request) : answer;
    if (value instanceof Error) {
      throw value;
    }
    // Through text, as over a wire: nobody changes the other's objects.
    const told = JSON.parse(JSON.stringify((await value) ?? null)) as T;
    this.answers.push(told);
    return told;
  }

  /** The answer of a route as a file: texts as they are, all else as JSON. */
  async file(path: string, init: IRequest = {}): Promise<IFile> {
    const answer = await this.request<unknown>(path, init);
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return { name: path.split('/').pop() ?? 'file', data: new Blob([text]) };
  }

  /** Requests of one route, such as `GET api/1.0/models`. */
  count(route: string): number {
    return this.requests.filter(one => `${one.method} ${one.path}` === route)
      .length;
  }

  private _find(request: IFakeRequest, encoded: string[]): Answer {
    const exact = this.routes[`${request.method} ${request.path}`];
    if (exact !== undefined) {
      return exact;
    }
    for (const [route, answer] of Object.entries(this.routes)) {
      const [method, pattern] = route.split(' ');
      const parts = pattern.split('/');
      const fits =
        method === request.method &&
        parts.length === encoded.length &&
        parts.every((part, i) => part === '*' || part === encoded[i]);
      if (fits) {
        return answer;
      }
    }
    return new ApiError(
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `Nothing at ${request.method} ${request.path}.`
    );
  }

  private _wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void =>
        reject(new DOMException('The request was given up.', 'AbortError'));
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort);
      if (Number.isFinite(this.delay)) {
        setTimeout(resolve, this.delay);
      }
    });
  }
}
