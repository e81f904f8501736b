/** Requests as messages: how an output asks the kernel that made it, whatever carries the messages. */
import { ApiError, errorFromBody } from './errors';
import type { IFile, IRequest, ITransport } from './transport';

export interface IQuestion {
  id: number;
  method: string;
  path: string;
  query?: Record<string, unknown>;
  body?: unknown;
}

export interface IAnswerHead {
  id: number;
  status: number;
  headers?: Record<string, string>;
}

interface IPending {
  question: IQuestion;
  resolve: (answer: IRaw) => void;
  reject: (error: Error) => void;
  sent: boolean;
}

interface IRaw {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** A kernel answers one after the other: what waits here can still be given up. */
const IN_FLIGHT = 2;

export class MessageTransport implements ITransport {
  constructor(private readonly _send: (question: IQuestion) => void) {}

  async request<T>(path: string, init: IRequest = {}): Promise<T> {
    const answer = await this._ask(path, init);
    const text = new TextDecoder().decode(answer.body);
    let body: unknown = null;
    try {
      body = text === '' ? null : JSON.parse(text);
    } catch {
      // A body that is no JSON says nothing to a component.
    }
    if (answer.status >= 400) {
      throw errorFromBody(answer.status, '', body);
    }
    return body as T;
  }

  async file(path: string, init: IRequest = {}): Promise<IFile> {
    const { status, headers, body } = await this._ask(path, init);
    if (status >= 400) {
      throw errorFromBody(
        status,
        '',
        JSON.parse(new TextDecoder().decode(body))
      );
    }
    const [, name = 'rows'] =
      /filename="([^"]*)"/.exec(headers['content-disposition'] ?? '') ?? [];
    return {
      name,
      data: new Blob([body as Uint8Array<ArrayBuffer>], {
        type: headers['content-type']
      })
    };
  }

  /** Told of every answer; the body is the message's one buffer. */
  receive(head: IAnswerHead, body?: ArrayBuffer | ArrayBufferView): void {
    const pending = this._pending.get(head.id);
    this._pending.delete(head.id);
    this._flying.delete(head.id);
    pending?.resolve({
      status: head.status,
      headers: head.headers ?? {},
      body: bytesOf(body)
    });
    this._next();
  }

  /** Nobody answers any more. */
  close(): void {
    this._closed = true;
    const waiting = [...this._pending.values()];
    this._pending.clear();
    this._flying.clear();
    waiting.forEach(one => one.reject(gone()));
  }

  private _ask(path: string, init: IRequest): Promise<IRaw> {
    if (this._closed) {
      return Promise.reject(gone());
    }
    const { method = 'GET', query, body, signal } = init;
    this._last += 1;
    const id = this._last;
    return new Promise<IRaw>((resolve, reject) => {
      const giveUp = (): void => {
        // One that was not sent never is; the answer to one that was is not waited for.
        this._pending.delete(id);
        reject(new DOMException('The question was given up.', 'AbortError'));
      };
      if (signal?.aborted) {
        giveUp();
        return;
      }
      signal?.addEventListener('abort', giveUp);
      const done = (): void => signal?.removeEventListener('abort', giveUp);
      this._pending.set(id, {
        question: {
          id,
          method,
          path,
          query: query && { ...query },
          body
        },
        resolve: answer => {
          done();
          resolve(answer);
        },
        reject: error => {
          done();
          reject(error);
        },
        sent: false
      });
      this._next();
    });
  }

  private _next(): void {
    for (const [id, one] of this._pending) {
      if (this._flying.size >= IN_FLIGHT) {
        return;
      }
      if (!one.sent) {
        one.sent = true;
        this._flying.add(id);
        this._send(one.question);
      }
    }
  }

  private _last = 0;
  private _closed = false;
  private _pending = new Map<number, IPending>();
  private _flying = new Set<number>();
}

function gone(): ApiError {
  return new ApiError(
    410,
    'FRAME_NOT_FOUND',
    'The kernel does not have these rows any more.',
    'Run the cell again.'
  );
}

function bytesOf(body: ArrayBuffer | ArrayBufferView | undefined): Uint8Array {
  if (!body) {
    return new Uint8Array();
  }
  return body instanceof ArrayBuffer
    ? new Uint8Array(body)
    : new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}
