import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';
import type { IconName } from '../components/Icon';
import type { Tone } from '../components/State';
import { TreeRow } from './TreeRow';
import type { IRowEvents } from './TreeRow';

const ROW = 24;
/** Letters typed within this time make one word. */
const TYPING_MS = 700;

/** Pixels the pointer moves before a press becomes a drag. */
const DRAG_PX = 5;

/** A state of an item, told in words too. */
export interface ITreeMark {
  icon: IconName;
  tone: Tone;
  label: string;
}

export interface ITreeItem {
  id: string;
  level: number;
  name: string;
  icon?: IconName;
  /** On the right: a count, a size. */
  detail?: string;
  title?: string;
  /** What it is, for who does not see the icon. */
  kind?: string;
  mark?: ITreeMark;
  /** A caption over items of one kind. */
  group?: boolean;
  /** Undefined for a leaf. */
  expanded?: boolean;
  /** A line that is no object: "More", "Loading". */
  note?: boolean;
  /** A note that stands for further items, which are fetched when it comes into view. */
  more?: boolean;
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
  /** A part of the names that is marked in them. */
  highlight?: string;
  /** The menu was asked for, at a point of the window. */
  onMenu?: (id: string, at: { x: number; y: number }) => void;
  /** An item is dragged out. */
  onDrag?: (id: string, event: PointerEvent) => void;
  /** A note that stands for more came into view. */
  onMore?: (id: string) => void;
  /** The item on which something would be dropped now. */
  dropId?: string | null;
  frameRef?: React.MutableRefObject<HTMLDivElement | null>;
}

/** A tree of any length as one flat, windowed list with a single stop of the Tab key. */
export function Tree(props: ITreeProps): JSX.Element {
  const { items } = props;
  const base = React.useId();
  const frame = React.useRef<HTMLDivElement | null>(null);
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
  const onPointerDown = useDragOut(props.onDrag);
  const lines = rows.getVirtualItems();
  const reached = lines
    .map(line => items[line.index])
    .find(item => item?.more)?.id;
  const { onMore } = props;
  React.useEffect(() => {
    if (reached !== undefined) {
      onMore?.(reached);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each time it is reached
  }, [reached, items.length]);
  // Always the same object, with what was rendered last: a row that stays in view while scrolling is not rendered again.
  const on = React.useRef<IRowEvents>() as React.MutableRefObject<IRowEvents>;
  on.current = {
    act: item => {
      setActiveId(item.id);
      if (item.expanded === undefined) {
        props.onOpen(item.id);
      } else {
        props.onToggle(item.id);
      }
    },
    menu: (event, item) => {
      if (!props.onMenu || item.note) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      setActiveId(item.id);
      props.onMenu(item.id, { x: event.clientX, y: event.clientY });
    },
    press: onPointerDown,
    actions: props.actions
  };

  return (
    <div
      ref={node => {
        frame.current = node;
        if (props.frameRef) {
          props.frameRef.current = node;
        }
      }}
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
        {lines.map(line => {
          const item = items[line.index];
          const isActive = line.index === active;
          return (
            <TreeRow
              key={item.id}
              base={base}
              item={item}
              start={line.start}
              isActive={isActive}
              isMarked={touched && isActive}
              isTarget={item.id === props.dropId}
              highlight={item.note ? undefined : props.highlight}
              on={on}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Tells of a drag once the pressed pointer has moved far enough. */
function useDragOut(
  onDrag: ITreeProps['onDrag']
): (event: React.PointerEvent, id: string) => void {
  return (event, id) => {
    const start = event.nativeEvent;
    if (!onDrag || start.button !== 0 || start.pointerType === 'touch') {
      return;
    }
    const end = (): void => {
      document.removeEventListener('pointermove', move, true);
      document.removeEventListener('pointerup', end, true);
      document.removeEventListener('pointercancel', end, true);
    };
    const move = (now: PointerEvent): void => {
      const far = Math.max(
        Math.abs(now.clientX - start.clientX),
        Math.abs(now.clientY - start.clientY)
      );
      if (far >= DRAG_PX) {
        end();
        onDrag(id, now);
      }
    };
    document.addEventListener('pointermove', move, true);
    document.addEventListener('pointerup', end, true);
    document.addEventListener('pointercancel', end, true);
  };
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
      menuKey(event, props, item) ||
      props.onKey?.(item.id, event) ||
      move(event, props, active, go) ||
      typeAhead(event, typed.current, items, active, go);
    if (used) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
}

/** Shift+F10 or the menu key: the menu opens below the active row. */
function menuKey(
  event: React.KeyboardEvent,
  props: ITreeProps,
  item: ITreeItem
): boolean {
  const asked =
    event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
  if (!asked || !props.onMenu || item.note) {
    return false;
  }
  const row = event.currentTarget.querySelector('[data-active]');
  const box = (row ?? event.currentTarget).getBoundingClientRect();
  props.onMenu(item.id, { x: box.left + 24, y: row ? box.bottom : box.top });
  return true;
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
