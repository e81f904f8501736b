import * as React from 'react';
import { Icon } from '../../components/Icon';
import { followPointer } from '../../hooks/followPointer';
import { useTrans } from '../../host';
import { COLUMNS, resizeCard } from './cards';
import type { ICard } from './cards';

/** Pixels of the card around its picture. */
export const CHROME = 44;
const STEP = 40;
/** A hand that draws sideways is not quite steady. */
const STRAIGHT = 6;

/** Takes the card elsewhere: by pointer onto another card, by the arrow keys one place. */
export function MoveHandle(props: {
  card: ICard;
  /** Place among the cards, and how many there are. */
  index: number;
  count: number;
  title: string;
  onMove: (to: number) => void;
}): JSX.Element {
  const { card, index, count, onMove, title } = props;
  const trans = useTrans();
  const onPointerDown = (
    event: React.PointerEvent<HTMLButtonElement>
  ): void => {
    const own = event.currentTarget.closest('[data-card]');
    const board = own?.parentElement;
    let to = index;
    const move = (moved: PointerEvent): void => {
      own?.classList.add('jp-mod-dragged');
      const cards = [...(board?.querySelectorAll('[data-card]') ?? [])];
      const over = cards.findIndex(one => {
        const box = one.getBoundingClientRect();
        return (
          moved.clientX >= box.left &&
          moved.clientX <= box.right &&
          moved.clientY >= box.top &&
          moved.clientY <= box.bottom
        );
      });
      cards.forEach((one, i) =>
        one.classList.toggle(
          'jp-mod-target',
          i === over && one.getAttribute('data-card') !== card.id
        )
      );
      to = over < 0 ? index : over;
    };
    const end = (): void => {
      own?.classList.remove('jp-mod-dragged');
      board
        ?.querySelectorAll('.jp-mod-target')
        .forEach(one => one.classList.remove('jp-mod-target'));
      if (to !== index) {
        onMove(to);
      }
    };
    followPointer(event, move, end);
  };
  return (
    <button
      type="button"
      className="jp-mlnb-Card-grip"
      aria-label={trans.__('Move %1, %2 of %3', title, index + 1, count)}
      title={trans.__('Drag it elsewhere, or move it with the arrow keys')}
      onPointerDown={onPointerDown}
      onKeyDown={event => {
        const to = {
          ArrowLeft: index - 1,
          ArrowUp: index - 1,
          ArrowRight: index + 1,
          ArrowDown: index + 1
        }[event.key];
        if (to !== undefined && to >= 0 && to < count) {
          event.preventDefault();
          onMove(to);
        }
      }}
    >
      <Icon name="grip" />
    </button>
  );
}

/** The corner by which a card is made wider and higher. */
export function SizeHandle(props: {
  card: ICard;
  /** Of the picture as it is shown. */
  height: number;
  title: string;
  onChange: (change: Partial<ICard>) => void;
}): JSX.Element {
  const { card, height, title, onChange } = props;
  const trans = useTrans();
  const onPointerDown = (
    event: React.PointerEvent<HTMLButtonElement>
  ): void => {
    const own = event.currentTarget.closest<HTMLElement>('[data-card]');
    const board = own?.parentElement;
    if (!own || !board) {
      return;
    }
    const start = { x: event.clientX, y: event.clientY };
    const column = board.clientWidth / COLUMNS;
    let next: ICard | null = null;
    followPointer(
      event,
      moved => {
        const down = moved.clientY - start.y;
        next = resizeCard(
          card,
          card.width + (moved.clientX - start.x) / column,
          // Made wider only, it keeps to the height of its place.
          Math.abs(down) < STRAIGHT ? card.height : height + down
        );
        own.style.gridColumn = `span ${next.width}`;
        own.style.minHeight = `${next.height + CHROME}px`;
      },
      () => {
        own.style.minHeight = '';
        if (next) {
          onChange({ width: next.width, height: next.height });
        }
      }
    );
  };
  return (
    <button
      type="button"
      className="jp-mlnb-Card-corner"
      aria-label={trans.__('Size of %1', title)}
      title={trans.__('Drag the corner, or use the arrow keys')}
      onPointerDown={onPointerDown}
      onKeyDown={event => {
        const [width, tall] =
          {
            ArrowLeft: [card.width - 1, card.height],
            ArrowRight: [card.width + 1, card.height],
            ArrowUp: [card.width, height - STEP],
            ArrowDown: [card.width, height + STEP]
          }[event.key] ?? [];
        if (width !== undefined && tall !== undefined) {
          event.preventDefault();
          const next = resizeCard(card, width, tall);
          onChange({ width: next.width, height: next.height });
        }
      }}
    />
  );
}
