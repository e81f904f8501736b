import * as React from 'react';
import { Icon } from '../components/Icon';
import type { ITreeItem, ITreeProps } from './Tree';

const INDENT = 14;

export interface IRowEvents {
  act: (item: ITreeItem) => void;
  menu: (event: React.MouseEvent, item: ITreeItem) => void;
  press: (event: React.PointerEvent, id: string) => void;
  actions: ITreeProps['actions'];
}

interface ITreeRowProps {
  base: string;
  item: ITreeItem;
  start: number;
  isActive: boolean;
  /** The active row, once the tree was touched. */
  isMarked: boolean;
  isTarget: boolean;
  highlight?: string;
  on: React.RefObject<IRowEvents>;
}

export const TreeRow = React.memo(function TreeRow(
  props: ITreeRowProps
): JSX.Element {
  const { item, isActive, isMarked } = props;
  const on = props.on.current;
  const [isNear, setNear] = React.useState(false);
  // Buttons for the row that is pointed at or active: for all in view they would be most of the page.
  const actions = !item.note && (isNear || isMarked) && on?.actions?.(item);
  return (
    <div
      id={`${props.base}-${item.id}`}
      className={rowClass(item)}
      role="treeitem"
      aria-label={[item.name, item.kind, item.detail, item.mark?.label]
        .filter(Boolean)
        .join(', ')}
      aria-level={item.level + 1}
      aria-expanded={item.expanded}
      aria-selected={isActive}
      data-active={isMarked || undefined}
      data-id={item.id}
      data-drop={props.isTarget || undefined}
      title={item.title}
      style={{
        transform: `translateY(${props.start}px)`,
        paddingInlineStart: 6 + item.level * INDENT
      }}
      onClick={() => props.on.current?.act(item)}
      onContextMenu={event => props.on.current?.menu(event, item)}
      onPointerDown={event =>
        !item.note && props.on.current?.press(event, item.id)
      }
      onPointerEnter={() => setNear(true)}
      onPointerLeave={() => setNear(false)}
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
      <TreeName name={item.name} highlight={props.highlight} />
      {item.mark && (
        <span
          className={`jp-mlnb-Tree-mark jp-mlnb-Tone jp-mod-${item.mark.tone}`}
          title={item.mark.label}
        >
          <Icon name={item.mark.icon} />
        </span>
      )}
      {item.detail && (
        <span className="jp-mlnb-Tree-detail">{item.detail}</span>
      )}
      {actions && (
        <span
          className="jp-mlnb-Tree-actions"
          onClick={event => event.stopPropagation()}
        >
          {actions}
        </span>
      )}
    </div>
  );
});

/** Long names differ at their ends: what is cut is before the last letters. */
const TAIL = 10;

function TreeName(props: { name: string; highlight?: string }): JSX.Element {
  const { name, highlight } = props;
  const at = highlight
    ? name.toLowerCase().indexOf(highlight.toLowerCase())
    : -1;
  if (highlight && at >= 0) {
    const end = at + highlight.length;
    return (
      <bdi className="jp-mlnb-Tree-name">
        <span>
          {name.slice(0, at)}
          <mark>{name.slice(at, end)}</mark>
          {name.slice(end)}
        </span>
      </bdi>
    );
  }
  const cut = name.length > 2 * TAIL ? name.length - TAIL : name.length;
  return (
    <bdi className="jp-mlnb-Tree-name">
      <span>{name.slice(0, cut)}</span>
      {name.slice(cut)}
    </bdi>
  );
}

function rowClass(item: ITreeItem): string {
  const kind = item.note ? ' jp-mlnb-Tree-note' : '';
  return `jp-mlnb-Tree-row${kind}${item.group ? ' jp-mlnb-Tree-group' : ''}`;
}
