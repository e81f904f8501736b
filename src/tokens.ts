/** What the plugins of mlnb provide to each other and to other extensions. */
import type { LabIcon } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { IAddress } from '@mlnb/ui/lib/address';
import type { ApiClient } from '@mlnb/ui/lib/api/client';
import type { IDocumentProps } from '@mlnb/ui/lib/document';
import type {
  ICellSource,
  IConnectionSource,
  IEventSource,
  IHost,
  INotebookSource,
  ITrans
} from '@mlnb/ui/lib/host';
import type { ComponentType } from 'react';

/** The way to the server: requests, live events and what is known about the connection. */
export interface IMlnbClient {
  readonly api: ApiClient;
  readonly events: IEventSource;
  readonly connection: IConnectionSource;
}

export const IMlnbClient = new Token<IMlnbClient>(
  'mlnb:IMlnbClient',
  'Requests to the server part of mlnb, its events and the state of the connection.'
);

/** What came into view: the cell, only its notebook, or nothing as it is not below the server's folder any more. */
export type NotebookOpened = 'cell' | 'notebook' | 'missing';

/** The notebook in view, as far as mlnb needs it. */
export interface IMlnbNotebook {
  /** Which notebook that is, its cells, and the active one. */
  readonly source: INotebookSource;
  /**
   * Insert cells below the active one, as one step of undo.
   *
   * @returns false when no notebook is visible
   */
  insert(cells: readonly ICellSource[]): Promise<boolean>;
  /**
   * Open a notebook, and bring one of its cells into view.
   *
   * @param path - as its kernel knows it: a whole path, or one below the server's folder
   */
  open(path: string, cellId?: string): Promise<NotebookOpened>;
  /**
   * Write a notebook under a name that is still free, and open it.
   *
   * @returns the path it got
   */
  save(content: unknown, path: string): Promise<string>;
}

export const IMlnbNotebook = new Token<IMlnbNotebook>(
  'mlnb:IMlnbNotebook',
  'Inserts cells into the visible notebook, and opens notebooks.'
);

/** What the components ask of Lab. */
export type IMlnbHost = IHost;

export const IMlnbHost = new Token<IMlnbHost>(
  'mlnb:IMlnbHost',
  'The services that the components of mlnb use.'
);

/** How the objects of one kind are shown. */
export interface IDocumentFactory {
  readonly icon: LabIcon;
  /** The text of the tab, and its tooltip. */
  title(address: IAddress, trans: ITrans): { label: string; caption: string };
  /** Called when a document of this kind is first seen, not before. */
  load(): Promise<ComponentType<IDocumentProps>>;
}

/** Pages of the main area, each with an address such as `mlnb:table/main.ml.flights`. */
export interface IMlnbDocuments {
  /**
   * Open an address, or activate the document that already shows its object.
   *
   * @throws Error - the text is no address, or nothing shows that kind
   */
  open(address: string, options?: { activate?: boolean }): Promise<void>;
  /** Say how a kind of object is shown. */
  register(kind: string, factory: IDocumentFactory): IDisposable;
  /** The address of the active document, null when another widget is active. */
  readonly current: string | null;
}

export const IMlnbDocuments = new Token<IMlnbDocuments>(
  'mlnb:IMlnbDocuments',
  'Opens the objects of mlnb as documents by their address.'
);
