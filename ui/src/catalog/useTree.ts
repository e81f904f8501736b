/** The catalog's tree as flat rows: which nodes are open, and what is below them, page by page. */
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useContext, useMemo, useRef, useState } from 'react';
import { parseAddress } from '../address';
import type { ITreeNode, ITreePage, NodeGroup, NodeKind } from '../api/types';
import type { IconName } from '../components/Icon';
import { formatInteger } from '../format';
import { VisibleContext } from '../hooks/useApi';
import { useSaved } from '../hooks/useSaved';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import type { ITreeItem, ITreeMark } from '../table/Tree';
import { treeQuery } from './queries';
import type { ITreeLevel } from './queries';

export const NODE_ICONS: Record<NodeKind, IconName> = {
  catalog: 'catalog',
  schema: 'schema',
  table: 'table',
  view: 'view',
  volume: 'volume',
  function: 'function',
  model: 'model'
};

const GROUPS: readonly NodeGroup[] = ['table', 'volume', 'function', 'model'];

/** The level of the catalogs. */
const ROOT: ITreeLevel = { parent: '' };
const MAIN = 'mlnb:catalog/main';
const WAIT = 'wait:';
/** Levels asked before it is known that they have something. */
const MAX_AHEAD = 12;

export interface ICatalogTree {
  items: readonly ITreeItem[];
  isLoading: boolean;
  error: Error | null;
  retry: () => void;
  node(id: string): ITreeNode | undefined;
  /** The object that a row belongs to: itself, or the one it is below. */
  container(id: string): ITreeNode | undefined;
  toggle(id: string): void;
  /** Fetch the next page if that is what the row stands for. */
  more(id: string): boolean;
}

export function fullName(node: ITreeNode): string {
  return parseAddress(node.address)?.name ?? node.name;
}

/** What is known of one level: its pages so far, and whether there are more. */
interface IKnown {
  nodes: readonly ITreeNode[];
  more: boolean;
}

function levelId({ parent, kind }: ITreeLevel): string {
  return `${parent}|${kind ?? ''}`;
}

function groupId(address: string, group: NodeGroup): string {
  return `group:${group}:${address}`;
}

/** The levels below an open schema: one, or one for each kind of what it holds. */
function levelsOf(node: ITreeNode): ITreeLevel[] {
  const parent = fullName(node);
  const groups = GROUPS.filter(group => node.counts?.[group]);
  return groups.length > 1
    ? groups.map(kind => ({ parent, kind }))
    : [{ parent }];
}

export function useTree(filter: string): ICatalogTree {
  const { api } = useHost();
  const trans = useTrans();
  const cache = useQueryClient();
  const visible = useContext(VisibleContext);
  const [open, setOpen] = useSaved<string[]>('catalog:tree', [MAIN]);
  // A filter shows what it finds: everything is open until closed by hand.
  const [closed, setClosed] = useState<{ filter: string; ids: string[] }>({
    filter,
    ids: []
  });
  const [pages, setPages] = useState<Readonly<Record<string, number>>>({});

  const shut = closed.filter === filter ? closed.ids : [];
  // Groups are open unless closed, so that a schema shows at once what it holds.
  const isOpen = (id: string): boolean =>
    filter ? !shut.includes(id) : open.includes(id) !== id.startsWith('group:');

  const tokens: { level: ITreeLevel; token?: string }[] = [];
  const known = (level: ITreeLevel): IKnown | undefined => {
    const count = pages[`${filter}|${levelId(level)}`] ?? 1;
    const nodes: ITreeNode[] = [];
    let token: string | undefined;
    for (let page = 0; page < count; page++) {
      tokens.push({ level, token });
      const { key } = treeQuery(level, filter, token);
      const answer = cache.getQueryData<ITreePage>([...key]);
      if (!answer) {
        return page === 0 ? undefined : { nodes, more: true };
      }
      nodes.push(...answer.nodes);
      token = answer.next_page_token;
      if (!token) {
        return { nodes, more: false };
      }
    }
    return { nodes, more: true };
  };

  const levels = new Map<string, IKnown | undefined>();
  const gather = (level: ITreeLevel): void => {
    const found = known(level);
    levels.set(levelId(level), found);
    for (const node of found?.nodes ?? []) {
      if (node.children && isOpen(node.address)) {
        for (const below of levelsOf(node)) {
          if (!below.kind || isOpen(groupId(node.address, below.kind))) {
            gather(below);
          }
        }
      }
    }
  };
  gather(ROOT);

  // A new filter has an answer for each level, and each level names the next: those that were open are asked at once.
  const before = useRef<readonly ITreeLevel[]>(
    open.flatMap(id => {
      const address = parseAddress(id);
      return address?.kind === 'catalog' ? [{ parent: address.name }] : [];
    })
  );
  const gathered = tokens.filter(({ token }) => token === undefined);
  const waiting = [...levels.values()].some(found => found === undefined);
  const ahead = waiting
    ? before.current
        .filter(level => !levels.has(levelId(level)))
        .map(level => ({ level, token: undefined }))
    : [];
  if (!waiting && (!filter || gathered.length >= before.current.length)) {
    before.current = gathered.slice(0, MAX_AHEAD).map(({ level }) => level);
  }

  const results = useQueries({
    queries: [...tokens, ...ahead].map(({ level, token }) => {
      const query = treeQuery(level, filter, token);
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

  const state = tokens
    .map(({ level, token }) => {
      const { key } = treeQuery(level, filter, token);
      return cache.getQueryState([...key])?.dataUpdatedAt ?? 0;
    })
    .join();
  const shown = [...levels.keys()].join('\n');
  const fresh = useMemo(
    () => flatten(levels, isOpen, trans),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what the rows are made of, as two texts
    [state, shown, filter, open, closed, pages]
  );
  // The last rows stay until a new filter has its first answer.
  const last = useRef<IRows>();
  if (fresh) {
    last.current = fresh;
  }
  const toggle = (id: string): void => {
    const flip = (ids: readonly string[]): string[] =>
      ids.includes(id) ? ids.filter(one => one !== id) : [...ids, id];
    if (filter) {
      setClosed({ filter, ids: flip(shut) });
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
    container: id => last.current?.containers.get(id),
    toggle,
    more: id => {
      const level = last.current?.mores.get(id);
      if (!level) {
        return false;
      }
      const key = `${filter}|${levelId(level)}`;
      // One page at a time, however often the row is reached.
      const loaded = tokens.filter(
        one => levelId(one.level) === levelId(level)
      );
      setPages(old => ({ ...old, [key]: loaded.length + 1 }));
      return true;
    }
  };
}

interface IRows {
  items: ITreeItem[];
  nodes: Map<string, ITreeNode>;
  containers: Map<string, ITreeNode>;
  mores: Map<string, ITreeLevel>;
}

/** Rows in the order they are shown, null before the first answer. */
function flatten(
  levels: ReadonlyMap<string, IKnown | undefined>,
  isOpen: (id: string) => boolean,
  trans: ITrans
): IRows | null {
  if (!levels.get(levelId(ROOT))) {
    return null;
  }
  const rows: IRows = {
    items: [],
    nodes: new Map(),
    containers: new Map(),
    mores: new Map()
  };
  const words = kindWords(trans);
  const texts = (node: ITreeNode): INodeTexts => {
    const made = TEXTS.get(node) ?? textsOf(node, words, trans);
    TEXTS.set(node, made);
    return made;
  };
  const note = (id: string, level: number, name: string): void => {
    rows.items.push({ id, level, name, note: true });
  };
  const visit = (
    at: ITreeLevel,
    depth: number,
    container: ITreeNode | undefined
  ): void => {
    const found = levels.get(levelId(at));
    if (!found) {
      note(WAIT + levelId(at), depth, trans.__('Loading…'));
      return;
    }
    for (const node of found.nodes) {
      rows.nodes.set(node.address, node);
      rows.containers.set(
        node.address,
        isContainer(node) ? node : (container ?? node)
      );
      const item = {
        ...texts(node),
        level: depth,
        expanded: isContainer(node) ? isOpen(node.address) : undefined
      };
      rows.items.push(item);
      if (item.expanded) {
        below(node, depth + 1);
      }
    }
    if (found.more) {
      const id = `more:${levelId(at)}`;
      rows.mores.set(id, at);
      rows.items.push({
        id,
        level: depth,
        name: trans.__('Show more…'),
        note: true,
        more: true
      });
    }
  };
  const below = (node: ITreeNode, depth: number): void => {
    if (!node.children) {
      note(WAIT + node.address, depth, trans.__('Nothing in here yet'));
      return;
    }
    for (const level of levelsOf(node)) {
      if (!level.kind) {
        visit(level, depth, node);
        continue;
      }
      const id = groupId(node.address, level.kind);
      const expanded = isOpen(id);
      rows.containers.set(id, node);
      rows.items.push({
        id,
        level: depth,
        name: words.groups[level.kind],
        detail: formatInteger(node.counts?.[level.kind] ?? 0),
        expanded,
        group: true
      });
      if (expanded) {
        visit(level, depth + 1, node);
      }
    }
  };
  visit(ROOT, 0, undefined);
  return rows;
}

export function isContainer(node: ITreeNode): boolean {
  return node.kind === 'catalog' || node.kind === 'schema';
}

interface IWords {
  groups: Record<NodeGroup, string>;
  kinds: Record<NodeKind, string>;
}

export function kindWords(trans: ITrans): IWords {
  return {
    groups: {
      table: trans.__('Tables'),
      volume: trans.__('Volumes'),
      function: trans.__('Functions'),
      model: trans.__('Models')
    },
    kinds: {
      catalog: trans.__('catalog'),
      schema: trans.__('schema'),
      table: trans.__('table'),
      view: trans.__('view'),
      volume: trans.__('volume'),
      function: trans.__('function'),
      model: trans.__('model')
    }
  };
}

/** What a row says; the answers keep their nodes, so it is written once for each. */
type INodeTexts = Omit<ITreeItem, 'level' | 'expanded'>;

const TEXTS = new WeakMap<ITreeNode, INodeTexts>();

function textsOf(node: ITreeNode, words: IWords, trans: ITrans): INodeTexts {
  const kind = words.kinds[node.kind];
  return {
    id: node.address,
    name: node.name,
    kind,
    icon: NODE_ICONS[node.kind],
    detail: detailOf(node, trans),
    title: [`${fullName(node)} · ${kind}`, node.comment]
      .filter(Boolean)
      .join('\n'),
    mark: badgeMark(node.badge, trans)
  };
}

/** The certification of an object as picture, word and colour. */
export function badgeMark(
  badge: string | undefined,
  trans: ITrans
): ITreeMark | undefined {
  if (badge === 'certified') {
    return { icon: 'certified', tone: 'good', label: trans.__('Certified') };
  }
  return badge === 'deprecated'
    ? { icon: 'alert', tone: 'warn', label: trans.__('Deprecated') }
    : undefined;
}

function detailOf(node: ITreeNode, trans: ITrans): string | undefined {
  if (node.num_rows !== undefined) {
    return trans._n(
      '%2 row',
      '%2 rows',
      node.num_rows,
      formatInteger(node.num_rows)
    );
  }
  if (node.counts) {
    const total = Object.values(node.counts).reduce((sum, n) => sum + n, 0);
    return formatInteger(total);
  }
  return node.detail;
}
