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

/** A cell of the notebook in view, as it reads now. */
export interface INotebookCell {
  id: string;
  isCode: boolean;
  source: string;
}

/** The notebook in view: what panels that follow it need to know. */
export interface INotebookContext {
  /** Below the server's folder. */
  path: string;
  activeCell: string | null;
  cells: readonly INotebookCell[];
  /** Folder of the workspace its kernel uses, once that is known. */
  workspace?: string;
}

export interface INotebookSource {
  readonly current: INotebookContext | null;
  subscribe(listener: () => void): () => void;
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

/** A question answered with a text; null when it was given up. */
export interface IAsk {
  title: string;
  /** Names the field. */
  label: string;
  value?: string;
  placeholder?: string;
  /** Below the field: what may be written. */
  hint?: string;
  /** The verb on the button. */
  action: string;
  multiline?: boolean;
}

/** An entry of a menu: a command, a further menu, or a line between groups. */
export type IMenuItem =
  | { kind?: 'item'; label: string; keys?: string; run: () => void }
  | { kind: 'menu'; label: string; items: readonly IMenuItem[] }
  | { kind: 'line' };

/** What is dragged out of a list: a name where text is taken, cells where cells are. */
export interface IDragPayload {
  label: string;
  text: string;
  cells: readonly ICellSource[];
}

/** Files dropped on something: paths of the file browser, or files of the desktop. */
export interface IDroppedFiles {
  paths: readonly string[];
  files: readonly File[];
}

export interface IFileDrop {
  /** True when what is under the pointer takes files; null when the pointer left. */
  over(target: Element | null): boolean;
  drop(target: Element, dropped: IDroppedFiles): void;
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
  /** A new notebook that begins with these cells; absent where none can be made. */
  newNotebook?(cells: ICellSource[]): Promise<void>;
  /** The notebook in view; absent where there are no notebooks. */
  readonly notebook?: INotebookSource;
  /** Write a notebook under a name that is still free and open it; absent where none can be written. */
  saveNotebook?(content: unknown, path: string): Promise<string>;
  /** Open a notebook, and a cell of it, by the path its kernel knows; absent where there are no notebooks. */
  openNotebook?(path: string, cellId?: string): Promise<void>;
  /** Absent where nobody can be asked. */
  ask?(question: IAsk): Promise<string | null>;
  /** Open a menu at a point of the window. */
  menu?(items: readonly IMenuItem[], at: { x: number; y: number }): void;
  /** Go on with a drag that began in a list. */
  drag?(event: PointerEvent, payload: IDragPayload): void;
  /** Let files be dropped on a node; returns what ends it. */
  dropFiles?(node: HTMLElement, target: IFileDrop): () => void;
  /** Where a file of the server can be downloaded from. */
  downloadUrl?(path: string): string;
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
