import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';
import { Icon } from '../components/Icon';
import type { IconName } from '../components/Icon';

const ROW = 24;
const INDENT = 14;
/** Letters typed within this time make one word. */
const TYPING_MS = 700;

export interface ITreeItem {
  id: string;
  level: number;
  name: string;
  icon?: IconName;
  /** On the right: a count, a size. */
  detail?: string;
  title?: string;
  /** Undefined for a leaf. */
  expanded?: boolean;
  /** A line that is no object: "More", "Loading". */
  note?: boolean;
}

export interface ITreeProps {
  label: string;
  items: readonly ITreeItem[];
  onToggle: (id: string) => void;
  /** Enter or a click on a leaf or a note. */
  onOpen: (id: string) => void;
  /** Other keys on the active item; true when used. */
  onKey?: (id: string, event: React.KeyboardEvent) => boolean;
  actions?: (item: ITreeItem) => React.ReactNode;
}

/** A tree of any length as one flat, windowed list with a single stop of the Tab key. */
export function Tree(props: ITreeProps): JSX.Element {
  const { items } = props;
  const base = React.useId();
  const frame = React.useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = React.useState<string | null>(null);
  const [touched, setTouched] = React.useState(false);
  const active = Math.max(
    items.findIndex(item => item.id === activeId),
    0
  );
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 10
  });
  const go = (index: number): void => {
    const item = items[index];
    if (item) {
      setActiveId(item.id);
      setTouched(true);
      rows.scrollToIndex(index);
    }
  };
  const onKeyDown = useTreeKeys(props, active, go);
  const act = (item: ITreeItem): void =>
    item.expanded === undefined
      ? props.onOpen(item.id)
      : props.onToggle(item.id);

  return (
    <div
      ref={frame}
      className="jp-mlnb-Tree"
      role="tree"
      aria-label={props.label}
      aria-activedescendant={
        items.length > 0 ? `${base}-${items[active].id}` : undefined
      }
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={() => setTouched(true)}
    >
      <div
        className="jp-mlnb-Tree-body"
        role="presentation"
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map(line => {
          const item = items[line.index];
          return (
            <div
              key={item.id}
              id={`${base}-${item.id}`}
              className={`jp-mlnb-Tree-row${item.note ? ' jp-mlnb-Tree-note' : ''}`}
              role="treeitem"
              aria-label={[item.name, item.detail].filter(Boolean).join(', ')}
              aria-level={item.level + 1}
              aria-expanded={item.expanded}
              aria-selected={line.index === active}
              data-active={(touched && line.index === active) || undefined}
              title={item.title}
              style={{
                transform: `translateY(${line.start}px)`,
                paddingInlineStart: 6 + item.level * INDENT
              }}
              onClick={() => {
                setActiveId(item.id);
                act(item);
              }}
            >
              {item.expanded === undefined ? (
                <span className="jp-mlnb-Tree-caret" />
              ) : (
                <Icon
                  name={item.expanded ? 'caretDown' : 'caretRight'}
                  className="jp-mlnb-Tree-caret"
                />
              )}
              {item.icon && <Icon name={item.icon} />}
              <TreeName name={item.name} />
              {item.detail && (
                <span className="jp-mlnb-Tree-detail">{item.detail}</span>
              )}
              {!item.note && props.actions && (
                <span
                  className="jp-mlnb-Tree-actions"
                  onClick={event => event.stopPropagation()}
                >
                  {props.actions(item)}
                </span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Long names differ at their ends: what is cut is before the last letters. */
const TAIL = 10;

function TreeName({ name }: { name: string }): JSX.Element {
  const cut = name.length > 2 * TAIL ? name.length - TAIL : name.length;
  return (
    <bdi className="jp-mlnb-Tree-name">
      <span>{name.slice(0, cut)}</span>
      {name.slice(cut)}
    </bdi>
  );
}

function useTreeKeys(
  props: ITreeProps,
  active: number,
  go: (index: number) => void
): (event: React.KeyboardEvent) => void {
  const { items } = props;
  const typed = React.useRef({ text: '', time: 0 });
  return event => {
    const item = items[active];
    if (!item || (event.target as HTMLElement).tagName === 'BUTTON') {
      return;
    }
    const used =
      props.onKey?.(item.id, event) ||
      move(event, props, active, go) ||
      typeAhead(event, typed.current, items, active, go);
    if (used) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
}

function move(
  event: React.KeyboardEvent,
  props: ITreeProps,
  active: number,
  go: (index: number) => void
): boolean {
  const { items, onToggle, onOpen } = props;
  const item = items[active];
  switch (event.key) {
    case 'ArrowDown':
      go(active + 1);
      return true;
    case 'ArrowUp':
      go(active - 1);
      return true;
    case 'Home':
      go(0);
      return true;
    case 'End':
      go(items.length - 1);
      return true;
    case 'ArrowRight':
      if (item.expanded === false) {
        onToggle(item.id);
      } else if (item.expanded) {
        go(active + 1);
      }
      return true;
    case 'ArrowLeft':
      if (item.expanded) {
        onToggle(item.id);
      } else {
        go(parentOf(items, active));
      }
      return true;
    case 'Enter':
      if (item.expanded === undefined) {
        onOpen(item.id);
      } else {
        onToggle(item.id);
      }
      return true;
    default:
      return false;
  }
}

function parentOf(items: readonly ITreeItem[], index: number): number {
  let at = index - 1;
  while (at >= 0 && items[at].level >= items[index].level) {
    at -= 1;
  }
  return at < 0 ? index : at;
}

/** Typing the beginning of a name leads to the next item that has it. */
function typeAhead(
  event: React.KeyboardEvent,
  typed: { text: string; time: number },
  items: readonly ITreeItem[],
  active: number,
  go: (index: number) => void
): boolean {
  if (
    event.key.length !== 1 ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey
  ) {
    return false;
  }
  const now = Date.now();
  const fresh = now - typed.time > TYPING_MS;
  typed.text = (fresh ? '' : typed.text) + event.key.toLowerCase();
  typed.time = now;
  const start = fresh ? active + 1 : active;
  for (let i = 0; i < items.length; i++) {
    const at = (start + i) % items.length;
    if (items[at].name.toLowerCase().startsWith(typed.text)) {
      go(at);
      return true;
    }
  }
  return false;
}
