/** What can be done with an object of the tree, as a menu and as keys. */
import type * as React from 'react';
import { formatAddress } from '../address';
import type { ApiClient } from '../api/client';
import { ApiError } from '../api/errors';
import type { ITreeNode } from '../api/types';
import { useInsert } from '../hooks/useInsert';
import { useHost } from '../host';
import type { ICellSource, IHost, IMenuItem } from '../host';
import { formatInteger } from '../format';
import type { InsertAs } from './loading';
import {
  cellFor,
  monitorCell,
  referenceOf,
  selectOf,
  trainingSetCell
} from './objectCells';
import type { INamed } from './objectCells';
import { fullName, isContainer } from './useTree';
import { usePins } from './usePins';

export interface IObjectActions {
  menu(node: ITreeNode): IMenuItem[];
  /** True when the key did something. */
  onKey(node: ITreeNode, event: React.KeyboardEvent): boolean;
  open(node: ITreeNode): void;
  insert?: (node: ITreeNode) => void;
  insertCells?: (...cells: ICellSource[]) => void;
  copy(node: ITreeNode): void;
  importInto(node: ITreeNode, source?: string): void;
}

const LINE: IMenuItem = { kind: 'line' };

export function named(node: ITreeNode): INamed {
  return { kind: node.kind, name: fullName(node), detail: node.detail };
}

export function useObjectActions(): IObjectActions {
  const host = useHost();
  const insertCells = useInsert();
  const pins = usePins();
  const changes = objectChanges(host);
  const insert =
    insertCells &&
    ((node: ITreeNode) => void insertObject(host, insertCells, named(node)));
  const open = (node: ITreeNode): void => host.open(node.address);
  const copy = (node: ITreeNode): void =>
    void copyText(host, referenceOf(named(node)));
  const importInto = (node: ITreeNode, source = ''): void =>
    host.open(
      formatAddress('import', source || 'new', {
        query: { to: schemaOf(node) }
      })
    );
  const actions = { open, insert, insertCells, copy, importInto };
  return {
    ...actions,
    menu: node => menuOf(host, node, actions, changes, pins),
    onKey: (node, event) => {
      const { key } = event;
      if (key === 'Enter' && event.shiftKey && insert && !isContainer(node)) {
        insert(node);
      } else if (key === 'c' && (event.ctrlKey || event.metaKey)) {
        copy(node);
      } else if (key === 'F2' && node.kind !== 'model') {
        changes.comment(node);
      } else if (key === 'Delete' && node.kind !== 'model') {
        changes.trash(node);
      } else {
        return false;
      }
      return true;
    }
  };
}

/** The schema in which new things go: itself, or the one the object is in. */
function schemaOf(node: ITreeNode): string {
  const parts = fullName(node).split('.');
  return parts.length === 1
    ? `${parts[0]}.default`
    : parts.slice(0, 2).join('.');
}

async function insertObject(
  host: IHost,
  insert: (...cells: ICellSource[]) => void,
  object: INamed
): Promise<void> {
  const as = await host.preference<InsertAs>('catalog.insert_as', 'pandas');
  const cell = cellFor(object, as);
  if (cell) {
    insert(cell);
  }
}

async function copyText(host: IHost, text: string): Promise<void> {
  await host.copy(text);
  const first = text.split('\n')[0];
  host.notify({
    kind: 'success',
    message: host.trans.__('Copied %1', first === text ? text : `${first} …`)
  });
}

type Actions = Pick<
  IObjectActions,
  'open' | 'insert' | 'insertCells' | 'copy' | 'importInto'
>;
type Changes = ReturnType<typeof objectChanges>;
type Pins = ReturnType<typeof usePins>;

function menuOf(
  host: IHost,
  node: ITreeNode,
  actions: Actions,
  changes: Changes,
  pins: Pins
): IMenuItem[] {
  const { trans } = host;
  const items = isContainer(node)
    ? containerItems(host, node, actions, changes)
    : leafItems(host, node, actions, pins);
  if (node.kind === 'model') {
    return items;
  }
  return [
    ...items,
    LINE,
    {
      label: trans.__('Edit comment…'),
      keys: 'F2',
      run: () => changes.comment(node)
    },
    { label: trans.__('Add tag…'), run: () => changes.tag(node) },
    {
      kind: 'menu',
      label: trans.__('Certification'),
      items: [
        {
          label: trans.__('Certified'),
          run: () => changes.certify(node, 'certified')
        },
        {
          label: trans.__('Deprecated'),
          run: () => changes.certify(node, 'deprecated')
        },
        { label: trans.__('None'), run: () => changes.certify(node, null) }
      ]
    },
    ...(node.kind === 'table' || node.kind === 'view'
      ? [
          {
            label: trans.__('Grants…'),
            run: () => host.open(withTab(node, 'grants'))
          }
        ]
      : []),
    LINE,
    { label: trans.__('Rename…'), run: () => changes.rename(node) },
    {
      label: trans.__('Move to trash'),
      keys: 'Delete',
      run: () => changes.trash(node)
    }
  ];
}

function withTab(node: ITreeNode, tab: string): string {
  return formatAddress('table', fullName(node), { query: { tab } });
}

function leafItems(
  host: IHost,
  node: ITreeNode,
  actions: Actions,
  pins: Pins
): IMenuItem[] {
  const { trans } = host;
  const isTable = node.kind === 'table' || node.kind === 'view';
  const { insert } = actions;
  const items: IMenuItem[] = [
    { label: trans.__('Open'), keys: 'Enter', run: () => actions.open(node) }
  ];
  if (insert) {
    items.push({
      label: trans.__('Insert cell'),
      keys: 'Shift Enter',
      run: () => insert(node)
    });
  }
  items.push({
    label:
      node.kind === 'volume' ? trans.__('Copy path') : trans.__('Copy name'),
    keys: 'Accel C',
    run: () => actions.copy(node)
  });
  if (isTable) {
    items.push(
      {
        label: trans.__('Copy SELECT'),
        run: () => void copyText(host, selectOf(fullName(node)))
      },
      {
        label: trans.__('Profile'),
        run: () => host.open(withTab(node, 'profile'))
      },
      ...(node.kind === 'table'
        ? [
            {
              label: trans.__('History and restore'),
              run: () => host.open(withTab(node, 'history'))
            }
          ]
        : [])
    );
    const { insertCells } = actions;
    if (insertCells) {
      const name = fullName(node);
      items.push(
        {
          label: trans.__('New training set'),
          run: () => insertCells(trainingSetCell(name))
        },
        {
          label: trans.__('Create monitor'),
          run: () => insertCells(monitorCell(name))
        }
      );
    }
  }
  items.push({
    label: pins.has(node.address) ? trans.__('Unpin') : trans.__('Pin'),
    run: () => pins.toggle(node)
  });
  return items;
}

function containerItems(
  host: IHost,
  node: ITreeNode,
  actions: Actions,
  changes: Changes
): IMenuItem[] {
  const { trans } = host;
  const items: IMenuItem[] = [
    {
      label: trans.__('Import data…'),
      run: () => actions.importInto(node)
    }
  ];
  items.push(
    node.kind === 'catalog'
      ? {
          label: trans.__('New schema…'),
          run: () => changes.create('schema', node)
        }
      : {
          label: trans.__('New volume…'),
          run: () => changes.create('volume', node)
        },
    {
      label: trans.__('Copy name'),
      keys: 'Accel C',
      run: () => actions.copy(node)
    }
  );
  return items;
}

/** Changes of objects: each asks what it needs, and tells what was refused. */
export function objectChanges(host: IHost) {
  const { trans, api } = host;
  const attempt = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      tell(host, error);
      return undefined;
    }
  };
  return {
    comment: (node: ITreeNode) =>
      void attempt(async () => {
        const text = await host.ask?.({
          title: trans.__('Comment on %1', node.name),
          label: trans.__('Comment'),
          hint: trans.__('Markdown; empty takes the comment away.'),
          value: node.comment ?? '',
          action: trans.__('Save'),
          multiline: true
        });
        if (typeof text === 'string' && text !== (node.comment ?? '')) {
          await api.catalog.comment(
            node.kind,
            fullName(node),
            text,
            node.comment ?? ''
          );
        }
      }),
    tag: (node: ITreeNode) =>
      void attempt(async () => {
        const text = await host.ask?.({
          title: trans.__('Tag %1', node.name),
          label: trans.__('Tag'),
          placeholder: trans.__('team=sales'),
          hint: trans.__('A key, or key=value.'),
          action: trans.__('Add')
        });
        const [key, ...rest] = (text ?? '').split('=');
        if (key.trim()) {
          await api.catalog.tag(
            node.kind,
            fullName(node),
            key.trim(),
            rest.join('=').trim()
          );
          host.notify({
            kind: 'success',
            message: trans.__('%1 is tagged %2.', node.name, key.trim())
          });
        }
      }),
    certify: (node: ITreeNode, status: 'certified' | 'deprecated' | null) =>
      void attempt(() =>
        api.catalog.certify(node.kind, fullName(node), status)
      ),
    rename: (node: ITreeNode) =>
      void attempt(async () => {
        const name = await host.ask?.({
          title: trans.__('Rename %1', node.name),
          label: trans.__('New name'),
          value: node.name,
          hint: trans.__(
            'History, grants, tags and lineage stay; code that uses the old name does not find it any more.'
          ),
          action: trans.__('Rename')
        });
        if (name && name !== node.name) {
          await api.catalog.rename(node.kind, fullName(node), quotePart(name));
        }
      }),
    create: (kind: 'schema' | 'volume', node: ITreeNode) =>
      void attempt(async () => {
        const name = await host.ask?.({
          title:
            kind === 'schema'
              ? trans.__('New schema in %1', fullName(node))
              : trans.__('New volume in %1', fullName(node)),
          label: trans.__('Name'),
          action: trans.__('Create')
        });
        if (name) {
          await api.catalog.create(
            kind,
            `${quoted(fullName(node))}.${quotePart(name)}`
          );
        }
      }),
    trash: (node: ITreeNode) => void attempt(() => trash(host, node))
  };
}

/** A part of a name as the server reads it. */
function quotePart(part: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(part)
    ? part
    : `\`${part.replace(/`/g, '``')}\``;
}

function quoted(name: string): string {
  return name.split('.').map(quotePart).join('.');
}

function tell(host: IHost, error: unknown): void {
  host.notify({
    kind: 'error',
    message: (error as Error).message,
    hint: error instanceof ApiError ? error.hint : null
  });
}

/** Into the trash, with the way back in the notice; what holds other things asks first. */
async function trash(host: IHost, node: ITreeNode): Promise<void> {
  const { trans, api } = host;
  const name = fullName(node);
  const cascade = isContainer(node) && node.children;
  if (cascade && !(await sure(host, node))) {
    return;
  }
  await api.catalog.drop(node.kind, quoted(name), cascade);
  host.notify({
    kind: 'success',
    message: trans.__('%1 is in the trash.', name),
    actions: [
      {
        label: trans.__('Undo'),
        run: () => void bringBack(host, api, node.kind, name)
      }
    ]
  });
}

export async function bringBack(
  host: IHost,
  api: ApiClient,
  kind: ITreeNode['kind'],
  name: string
): Promise<void> {
  try {
    const back = await api.catalog.undrop(kind, quoted(name));
    host.notify({
      kind: 'success',
      message: host.trans.__('%1 is back.', back.full_name)
    });
  } catch (error) {
    tell(host, error);
  }
}

function sure(host: IHost, node: ITreeNode): Promise<boolean> {
  const { trans } = host;
  const total = Object.values(node.counts ?? {}).reduce((sum, n) => sum + n, 0);
  return host.confirm({
    title: trans.__('Move %1 to the trash?', fullName(node)),
    body:
      total > 0
        ? trans._n(
            '%2 object in it goes with it. It can be brought back from the trash.',
            '%2 objects in it go with it. They can be brought back from the trash.',
            total,
            formatInteger(total)
          )
        : trans.__(
            'Everything in it goes with it. It can be brought back from the trash.'
          ),
    action: trans.__('Move to trash'),
    danger: true
  });
}
