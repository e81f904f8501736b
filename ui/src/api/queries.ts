/**
 * A read: where its answer is kept, which journal subjects it depends on, and how it is fetched.
 *
 * A subject ending in `*` stands for all that begin so: `table:main.ml.*`.
 */
import type { ApiClient } from './client';

export interface IQuery<T> {
  readonly key: readonly unknown[];
  readonly subjects: readonly string[];
  fetch(api: ApiClient, signal: AbortSignal): Promise<T>;
}

/** Does a change of `subject` make an answer stale that depends on `patterns`? */
export function dependsOn(
  patterns: readonly string[],
  subject: string
): boolean {
  return patterns.some(pattern =>
    pattern.endsWith('*')
      ? subject.startsWith(pattern.slice(0, -1))
      : subject === pattern || subject.startsWith(`${pattern}/`)
  );
}
