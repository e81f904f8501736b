import * as React from 'react';
import { followPointer } from '../../hooks/followPointer';
import { useTrans } from '../../host';
import {
  axisGap,
  axisX,
  fitted,
  LETTER,
  LONGEST_TICK,
  MARGIN,
  placeY,
  shareAt
} from './parallel';
import type { Brush, IGeometry, IParallelAxis } from './parallel';

const STEP = 0.05;
const WIDEST_TITLE = 124;

/** An axis: its name moves it, its length is brushed. */
export function ParallelAxis(props: {
  axis: IParallelAxis;
  index: number;
  count: number;
  size: IGeometry;
  brush: Brush | undefined;
  onBrush: (brush: Brush | null, isDone: boolean) => void;
  onMove: (to: number) => void;
}): JSX.Element {
  const { axis, index, count, size, brush, onBrush, onMove } = props;
  const trans = useTrans();
  const x = axisX(index, count, size);
  const top = placeY(1, size);
  const bottom = placeY(0, size);
  const last = index === count - 1;
  const gap = axisGap(count, size);
  const titleWidth = Math.min(gap - 8, WIDEST_TITLE);

  const onBrushDown = (event: React.PointerEvent<SVGRectElement>): void => {
    const box = event.currentTarget.ownerSVGElement!.getBoundingClientRect();
    const from = shareAt(event.clientY - box.top, size);
    let to = from;
    const interval = (): Brush => [Math.min(from, to), Math.max(from, to)];
    followPointer(
      event,
      moved => {
        to = shareAt(moved.clientY - box.top, size);
        onBrush(interval(), false);
      },
      // A click without a way takes the brush away.
      () => onBrush(Math.abs(to - from) < 0.015 ? null : interval(), true)
    );
    event.stopPropagation();
  };
  const onTitleDown = (event: React.PointerEvent<SVGGElement>): void => {
    const node = event.currentTarget;
    const box = node.ownerSVGElement!.getBoundingClientRect();
    const first = axisX(0, count, size);
    let to = index;
    followPointer(
      event,
      moved => {
        const at = moved.clientX - box.left;
        to = Math.max(0, Math.min(Math.round((at - first) / gap), count - 1));
        node.setAttribute('transform', `translate(${at - x}, 0)`);
      },
      () => {
        node.removeAttribute('transform');
        if (to !== index) {
          onMove(to);
        }
      }
    );
    event.stopPropagation();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const [low, high] = brush ?? [0, 1];
    const clamp = (value: number): number => Math.max(0, Math.min(value, 1));
    let taken = true;
    if (event.key === 'ArrowLeft' && index > 0) {
      onMove(index - 1);
    } else if (event.key === 'ArrowRight' && !last) {
      onMove(index + 1);
    } else if (event.key === 'ArrowUp' && event.shiftKey) {
      onBrush([clamp(Math.min(low + STEP, high - STEP)), high], true);
    } else if (event.key === 'ArrowDown' && event.shiftKey) {
      onBrush([low, clamp(Math.max(high - STEP, low + STEP))], true);
    } else if (event.key === 'ArrowUp' && high < 1) {
      onBrush([low + STEP, clamp(high + STEP)], true);
    } else if (event.key === 'ArrowDown' && low > 0) {
      onBrush([clamp(low - STEP), high - STEP], true);
    } else if (event.key === 'Escape' && brush) {
      onBrush(null, true);
    } else {
      taken = false;
    }
    if (taken) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return (
    <g className="jp-mlnb-Parallel-axis">
      <line x1={x} x2={x} y1={top} y2={bottom} />
      {axis.scale.ticks.map(tick => (
        <g key={`${tick.at}:${tick.label}`} aria-hidden>
          <line
            x1={x - 3}
            x2={x + 3}
            y1={placeY(tick.at, size)}
            y2={placeY(tick.at, size)}
          />
          <text
            className="jp-mlnb-Parallel-tick"
            x={x + 7}
            y={placeY(tick.at, size)}
            dy="0.32em"
          >
            {fitted(
              tick.label,
              Math.min(last ? MARGIN.right : gap - 14, LONGEST_TICK),
              LETTER.tick
            )}
          </text>
        </g>
      ))}
      {axis.values.some(value => axis.scale.place(value ?? null) === null) && (
        <text
          className="jp-mlnb-Parallel-tick"
          x={x + 7}
          y={placeY(null, size)}
          dy="0.32em"
          aria-hidden
        >
          {trans.__('none')}
        </text>
      )}
      {brush && (
        <rect
          className="jp-mlnb-Parallel-brush"
          x={x - 7}
          width={14}
          y={placeY(brush[1], size)}
          height={Math.max(placeY(brush[0], size) - placeY(brush[1], size), 2)}
        />
      )}
      <rect
        className="jp-mlnb-Parallel-reach"
        x={x - 12}
        width={24}
        y={top}
        height={Math.max(bottom - top, 0)}
        onPointerDown={onBrushDown}
        onClick={event => event.stopPropagation()}
      />
      <g
        className="jp-mlnb-Parallel-title"
        tabIndex={0}
        role="button"
        aria-label={
          brush
            ? trans.__(
                'Axis %1, %2 of %3, brushed from %4 to %5',
                axis.label,
                index + 1,
                count,
                percent(brush[0]),
                percent(brush[1])
              )
            : trans.__('Axis %1, %2 of %3', axis.label, index + 1, count)
        }
        aria-roledescription={trans.__(
          'axis: left and right move it, up and down brush it, Escape ends the brush'
        )}
        onPointerDown={onTitleDown}
        onClick={event => event.stopPropagation()}
        onKeyDown={onKeyDown}
      >
        <title>{axis.label}</title>
        <rect
          x={x - titleWidth / 2}
          y={2}
          width={titleWidth}
          height={22}
          rx={3}
        />
        <text x={x} y={17} textAnchor="middle">
          {fitted(axis.label, titleWidth, LETTER.title)}
        </text>
      </g>
    </g>
  );
}
