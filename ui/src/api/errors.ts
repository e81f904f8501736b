/**
 * What can go wrong between a component and the server.
 *
 * - ApiError      the server answered: a code, a message and, mostly, a hint
 * - NetworkError  no answer: server stopped, connection lost
 *
 * The abort of a request is neither: the caller asked for it.
 */

export interface IFieldViolation {
  field: string;
  description: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
    readonly fields: readonly IFieldViolation[] = []
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** True when the address itself is unknown: the server part is not there. */
  get isMissingServer(): boolean {
    return this.status === 404 && this.code === '';
  }

  get isNotFound(): boolean {
    return this.status === 404 && this.code !== '';
  }
}

export class NetworkError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NetworkError';
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * The error a response body tells of. `details` is a mapping, or the platform's list of typed
 * entries; hint and fields are read from either. A body that is not ours gives an empty code.
 */
export function errorFromBody(
  status: number,
  statusText: string,
  body: unknown
): ApiError {
  const root = record(body);
  const entries = Array.isArray(root.details)
    ? root.details.map(record)
    : [record(root.details)];
  const hint = [root, ...entries]
    .map(entry => text(entry.hint) || text(record(entry.metadata).hint))
    .find(Boolean);
  const violations = entries.flatMap(entry =>
    [entry.fields, entry.field_violations, entry.violations]
      .filter(Array.isArray)
      .flatMap(list => list as unknown[])
  );
  const fields = violations.map(record).map(entry => ({
    field: text(entry.field),
    description: text(entry.description) || text(entry.message)
  }));
  const message =
    text(root.message) || statusText || `The server answered ${status}.`;
  return new ApiError(
    status,
    text(root.error_code),
    message,
    hint ?? null,
    fields
  );
}
