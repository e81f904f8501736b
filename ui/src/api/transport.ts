/**
 * How a component reaches the server: the one thing that differs between a Lab panel,
 * a test and a cell's output.
 */

export type QueryValue =
  string | number | boolean | readonly string[] | null | undefined;

export interface IRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Left out where undefined, null or an empty list: never sent as the text "undefined". */
  query?: Record<string, QueryValue>;
  /** Sent as JSON; a Blob as the bytes it is. */
  body?: unknown;
  signal?: AbortSignal;
}

/** An answer that is no JSON: bytes, and what they are called. */
export interface IFile {
  name: string;
  data: Blob;
}

export interface ITransport {
  /**
   * @param path - below the prefix `mlnb/`, already encoded, such as `api/1.0/status`
   * @throws ApiError - the server answered with an error
   * @throws NetworkError - no answer at all
   */
  request<T>(path: string, init?: IRequest): Promise<T>;
  /** Absent where files have an address of their own. */
  file?(path: string, init?: IRequest): Promise<IFile>;
}

/** Path with its parameters encoded: `` path`api/1.0/tables/${name}` ``. */
export function path(
  strings: TemplateStringsArray,
  ...values: (string | number)[]
): string {
  return strings.reduce(
    (text, part, i) => text + encodeURIComponent(String(values[i - 1])) + part
  );
}

/** The query as text with its question mark, empty when nothing is to be sent. */
export function queryText(query: IRequest['query']): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null) {
      continue;
    }
    if (Array.isArray(value)) {
      // Repeated, not joined: a column's name may hold a comma.
      value.forEach(item => params.append(key, item));
      continue;
    }
    params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}
