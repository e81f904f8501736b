/** The catalog's tree as flat rows: which nodes are open, and what their children are. */
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useContext, useRef, useState } from 'react';
import { parseAddress } from '../address';
import type { ITreeNode, NodeKind } from '../api/types';
import type { IconName } from '../components/Icon';
import { VisibleContext } from '../hooks/useApi';
import { useSaved } from '../hooks/useSaved';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import type { ITreeItem } from '../table/Tree';
import { childrenQuery } from './queries';
import type { IChildren } from './queries';

const ICONS: Record<NodeKind, IconName> = {
  catalog: 'catalog',
  schema: 'schema',
  table: 'table'
};

/** The parent of the catalogs. */
const ROOT = '';
/** Prefix of a row that fetches the next children of what follows. */
const MORE = 'more:';
const WAIT = 'wait:';

export interface ICatalogTree {
  items: readonly ITreeItem[];
  isLoading: boolean;
  error: Error | null;
  retry: () => void;
  node(id: string): ITreeNode | undefined;
  toggle(id: string): void;
  /** Fetch the next children if that is what the row stands for. */
  more(id: string): boolean;
}

export function fullName(node: ITreeNode): string {
  return parseAddress(node.address)?.name ?? node.name;
}

type Children = (parent: string) => IChildren | undefined;

export function useTree(filter: string): ICatalogTree {
  const { api } = useHost();
  const trans = useTrans();
  const cache = useQueryClient();
  const visible = useContext(VisibleContext);
  const [open, setOpen] = useSaved<string[]>('catalog:open', ['main']);
  // A filter shows what it finds: everything is open until closed by hand.
  const [closed, setClosed] = useState<{ filter: string; names: string[] }>({
    filter,
    names: []
  });
  const [pages, setPages] = useState<Readonly<Record<string, number>>>({});

  const shut = closed.filter === filter ? closed.names : [];
  const isOpen = (name: string): boolean =>
    filter ? !shut.includes(name) : open.includes(name);
  const children: Children = parent => {
    // While a further page is fetched, those before it stay.
    for (let count = pages[parent] ?? 1; count > 0; count--) {
      const { key } = childrenQuery(parent, filter, count);
      const known = cache.getQueryData<IChildren>([...key]);
      if (known) {
        return known;
      }
    }
    return undefined;
  };
  const parents = openParents(children, isOpen);
  const results = useQueries({
    queries: parents.map(parent => {
      const query = childrenQuery(parent, filter, pages[parent] ?? 1);
      return {
        queryKey: [...query.key],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          query.fetch(api, signal),
        meta: { subjects: query.subjects },
        enabled: visible,
        // The answers are read from the cache: rendering follows them all the same.
        notifyOnChangeProps: ['data' as const, 'error' as const]
      };
    })
  });

  const nodes = new Map<string, ITreeNode>();
  const fresh = flatten(children, isOpen, nodes, trans);
  // The last rows stay until a new filter has its first answer.
  const last = useRef<{ items: ITreeItem[]; nodes: Map<string, ITreeNode> }>();
  if (fresh) {
    last.current = { items: fresh, nodes };
  }
  const toggle = (id: string): void => {
    const flip = (names: readonly string[]): string[] =>
      names.includes(id) ? names.filter(one => one !== id) : [...names, id];
    if (filter) {
      setClosed({ filter, names: flip(shut) });
    } else {
      setOpen(flip(open));
    }
  };
  return {
    items: last.current?.items ?? [],
    isLoading: last.current === undefined,
    error: results.find(result => result.error)?.error ?? null,
    retry: () => results.forEach(result => void result.refetch()),
    node: id => last.current?.nodes.get(id),
    toggle,
    more: id => {
      if (!id.startsWith(MORE)) {
        return false;
      }
      const parent = id.slice(MORE.length);
      setPages({ ...pages, [parent]: (pages[parent] ?? 1) + 1 });
      return true;
    }
  };
}

/** The root and every open node below it that is known. */
function openParents(
  children: Children,
  isOpen: (name: string) => boolean
): string[] {
  const parents = [ROOT];
  for (let i = 0; i < parents.length; i++) {
    for (const node of children(parents[i])?.nodes ?? []) {
      const name = fullName(node);
      if (node.children && isOpen(name)) {
        parents.push(name);
      }
    }
  }
  return parents;
}

/** Rows in the order they are shown, null before the first answer. */
function flatten(
  children: Children,
  isOpen: (name: string) => boolean,
  nodes: Map<string, ITreeNode>,
  trans: ITrans
): ITreeItem[] | null {
  const root = children(ROOT);
  if (!root) {
    return null;
  }
  const items: ITreeItem[] = [];
  const visit = (parent: string, known: IChildren, level: number): void => {
    for (const node of known.nodes) {
      const id = fullName(node);
      const expanded = node.kind === 'table' ? undefined : isOpen(id);
      nodes.set(id, node);
      items.push({
        id,
        level,
        name: node.name,
        icon: ICONS[node.kind],
        detail: node.detail,
        title: [id, node.comment].filter(Boolean).join('\n'),
        expanded
      });
      if (expanded && node.children) {
        const below = children(id);
        if (below) {
          visit(id, below, level + 1);
        } else {
          items.push(note(WAIT + id, level + 1, trans.__('Loading…')));
        }
      } else if (expanded) {
        items.push(note(WAIT + id, level + 1, trans.__('Nothing in here yet')));
      }
    }
    if (known.more) {
      items.push(note(MORE + parent, level, trans.__('Show more…')));
    }
  };
  visit(ROOT, root, 0);
  return items;
}

function note(id: string, level: number, name: string): ITreeItem {
  return { id, level, name, note: true };
}
