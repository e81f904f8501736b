/**
 * What the components ask of whoever shows them: a Lab panel, a test, a cell's output.
 * They know nothing else of their surroundings.
 */
import { createContext, useContext } from 'react';
import type { ApiClient } from './api/client';
import type { IJournalEvent, IProgress, IStatus } from './api/types';
import type { IChartEngine } from './charts/engine';

export interface ITrans {
  __(message: string, ...args: unknown[]): string;
  /** `%1` is the bare count, `%2` and on are the arguments, as in Lab. */
  _n(one: string, many: string, count: number, ...args: unknown[]): string;
}

/** What is known about the way to the server. */
export type Connection =
  | { kind: 'connecting' }
  | { kind: 'ready'; status: IStatus }
  | { kind: 'migrating'; status: IStatus }
  | { kind: 'missing' }
  | { kind: 'incompatible'; status: IStatus; needed: number }
  | { kind: 'denied'; message: string }
  | { kind: 'lost'; since: number }
  | {
      kind: 'failed';
      code: string;
      message: string;
      hint: string | null;
      path?: string;
    };

export interface IConnectionSource {
  readonly current: Connection;
  subscribe(listener: () => void): () => void;
  retry(): Promise<void>;
}

/** What changed, as one batch; `gap` means: more than is told, take everything as changed. */
export interface IChanges {
  events: readonly IJournalEvent[];
  gap: boolean;
}

export interface IEventSource {
  onChanges(listener: (changes: IChanges) => void): () => void;
  onProgress(listener: (progress: IProgress) => void): () => void;
}

export interface ICellSource {
  cell_type: 'code' | 'markdown';
  source: string;
}

export interface IConfirm {
  title: string;
  body: string;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
}

export interface INotice {
  kind: 'info' | 'success' | 'warning' | 'error' | 'progress';
  message: string;
  /** What to do next; shown behind the message. */
  hint?: string | null;
  actions?: { label: string; run: () => void }[];
}

/** A notice that can change while a long action goes on. */
export interface INoticeHandle {
  update(notice: INotice): void;
  dismiss(): void;
}

/** A small value that survives a reload, such as a chosen tab. */
export interface ISavedState<T> {
  get(): Promise<T | undefined>;
  set(value: T): void;
}

export interface IHost {
  readonly kind: 'lab' | 'notebook' | 'output' | 'test';
  readonly api: ApiClient;
  readonly events: IEventSource;
  readonly connection: IConnectionSource;
  readonly trans: ITrans;
  open(address: string): void;
  confirm(question: IConfirm): Promise<boolean>;
  notify(notice: INotice): INoticeHandle;
  copy(text: string): Promise<void>;
  /** Rendered and sanitised. */
  markdown(source: string): Promise<HTMLElement>;
  charts(): Promise<IChartEngine>;
  saved<T>(key: string): ISavedState<T>;
  /** A setting such as `catalog.insert_as`; the fallback where there are none. */
  preference<T>(key: string, fallback: T): Promise<T>;
  /** Absent where there is no notebook to insert into; false when none is visible. */
  insert?(cells: ICellSource[]): Promise<boolean>;
}

export const HostContext = createContext<IHost | null>(null);

export function useHost(): IHost {
  const host = useContext(HostContext);
  if (!host) {
    throw new Error('A component was rendered outside of HostProvider.');
  }
  return host;
}

export function useTrans(): ITrans {
  return useHost().trans;
}
