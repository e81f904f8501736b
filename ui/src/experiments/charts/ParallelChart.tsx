import * as React from 'react';
import type { Cell } from '../../api/types';
import { readTheme, onThemeChange } from '../../charts/theme';
import { formatNumber } from '../../format';
import { useSize } from '../../hooks/useSize';
import { useTrans } from '../../host';
import { shortKey } from '../rows';
import type { IChartData } from './data';
import { numberOf } from './data';
import {
  axesOf,
  axisGap,
  axisX,
  fitted,
  LETTER,
  LONGEST_TICK,
  MARGIN,
  brushed,
  linesOf,
  moveAxis,
  nearest,
  parallelSvg,
  placeY,
  shareAt
} from './parallel';
import type { Brush, IGeometry, IParallelAxis } from './parallel';
import { rampColor, scaleOf } from './scale';

export interface IParallelChartProps {
  data: IChartData;
  axes: readonly string[];
  /** The column whose values colour the lines. */
  color?: string;
  height: number;
  label: string;
  /** The runs within the brushes; null when there are none. */
  onBrush: (ids: readonly string[] | null) => void;
  onAxes: (axes: string[]) => void;
  onOpen: (id: string) => void;
  /** Given what makes a file of the picture. */
  svg: React.MutableRefObject<(() => string) | null>;
}

/**
 * Runs as lines across axes: brushed on each of them, ordered by drag or keys, coloured by a value.
 * Lines are drawn on a canvas, axes as elements that take the focus.
 */
export function ParallelChart(props: IParallelChartProps): JSX.Element {
  const { data, color, height, onBrush } = props;
  const trans = useTrans();
  const frame = React.useRef<HTMLDivElement>(null);
  const canvas = React.useRef<HTMLCanvasElement>(null);
  const { width } = useSize(frame);
  const size = React.useMemo<IGeometry>(
    () => ({ width, height }),
    [width, height]
  );
  const axisKeys = props.axes.join('\n');
  const axes = React.useMemo(
    () => axesOf(axisKeys ? axisKeys.split('\n') : [], shortKey, data.values),
    [axisKeys, data]
  );
  const lines = React.useMemo(
    () => linesOf(axes, data.ids.length, size),
    [axes, data, size]
  );
  const [brushes, setBrushes] = React.useState<ReadonlyMap<string, Brush>>(
    new Map()
  );
  const kept = React.useMemo(
    () => brushed(axes, brushes, data.ids.length),
    [axes, brushes, data]
  );
  const [hover, setHover] = React.useState<number | null>(null);
  const theme = useTheme(frame);
  const colors = React.useMemo(
    () => colorsOf(data, color, theme),
    [data, color, theme]
  );
  usePaint(canvas, { lines, colors, kept, size, hover, faint: theme?.grid });

  const tell = (next: ReadonlyMap<string, Brush>): void => {
    const inside = brushed(axes, next, data.ids.length);
    onBrush(next.size === 0 ? null : data.ids.filter((_, i) => inside[i]));
  };
  const brush = (key: string, value: Brush | null, isDone: boolean): void => {
    const next = new Map(brushes);
    if (value) {
      next.set(key, value);
    } else {
      next.delete(key);
    }
    setBrushes(next);
    if (isDone) {
      tell(next);
    }
  };
  props.svg.current = () =>
    parallelSvg(axes, lines, colors, kept, size, {
      font: theme?.font ?? 'sans-serif',
      text: theme?.text ?? '',
      faint: theme?.faint ?? '',
      grid: theme?.grid ?? '',
      paper: theme?.paper ?? ''
    });

  const onMove = (event: React.PointerEvent): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setHover(
      nearest(lines, event.clientX - box.left, event.clientY - box.top, kept)
    );
  };
  const count = kept.filter(Boolean).length;
  return (
    <div
      ref={frame}
      className={`jp-mlnb-Parallel${hover === null ? '' : ' jp-mod-hover'}`}
      style={{ height }}
      role="group"
      aria-label={props.label}
    >
      <canvas
        ref={canvas}
        aria-hidden
        style={{ width, height }}
        onPointerMove={onMove}
        onPointerLeave={() => setHover(null)}
        onClick={() => hover !== null && props.onOpen(data.ids[hover])}
      />
      <svg
        width={width}
        height={height}
        onPointerMove={onMove}
        onPointerLeave={() => setHover(null)}
        onClick={() => hover !== null && props.onOpen(data.ids[hover])}
      >
        {axes.map((axis, i) => (
          <Axis
            key={axis.key}
            axis={axis}
            index={i}
            count={axes.length}
            size={size}
            brush={brushes.get(axis.key)}
            onBrush={(value, isDone) => brush(axis.key, value, isDone)}
            onMove={to => props.onAxes(moveAxis(props.axes, axis.key, to))}
          />
        ))}
      </svg>
      {color && theme && (
        <Ramp values={data.values(color)} name={color} stops={theme.scale} />
      )}
      {hover !== null && (
        <Tip
          data={data}
          run={hover}
          axes={axes}
          color={color}
          line={lines[hover]}
          size={size}
        />
      )}
      <p className="jp-mlnb-Hidden" role="status">
        {brushes.size > 0 &&
          trans._n(
            '%1 run lies within the brushes.',
            '%1 runs lie within the brushes.',
            count
          )}
      </p>
    </div>
  );
}

type Theme = ReturnType<typeof readTheme>;

function useTheme(frame: React.RefObject<HTMLElement>): Theme | null {
  const [theme, setTheme] = React.useState<Theme | null>(null);
  React.useLayoutEffect(() => {
    const read = (): void => {
      if (frame.current) {
        setTheme(readTheme(frame.current));
      }
    };
    read();
    return onThemeChange(read);
  }, [frame]);
  return theme;
}

function colorsOf(
  data: IChartData,
  key: string | undefined,
  theme: Theme | null
): string[] {
  if (!theme) {
    return [];
  }
  if (!key) {
    return data.places.map(place => theme.series[place % theme.series.length]);
  }
  const values = data.values(key);
  const scale = scaleOf(values);
  return values.map(value => {
    const at = scale.place(value);
    return at === null ? theme.faint : rampColor(theme.scale, at);
  });
}

/** Draws once a frame, however often something changes. */
function usePaint(
  canvas: React.RefObject<HTMLCanvasElement>,
  picture: {
    lines: readonly (readonly number[])[];
    colors: readonly string[];
    kept: readonly boolean[];
    size: IGeometry;
    hover: number | null;
    faint: string | undefined;
  }
): void {
  const { lines, colors, kept, size, hover, faint } = picture;
  React.useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const node = canvas.current;
      const pen =
        typeof CanvasRenderingContext2D === 'undefined'
          ? null
          : node?.getContext('2d');
      if (!node || !pen || size.width === 0) {
        return;
      }
      const ratio = window.devicePixelRatio || 1;
      node.width = Math.round(size.width * ratio);
      node.height = Math.round(size.height * ratio);
      pen.scale(ratio, ratio);
      pen.lineJoin = 'round';
      const count = Math.max(kept.filter(Boolean).length, 1);
      // The more lines there are, the fainter each of them.
      const alpha = Math.max(0.12, Math.min(0.9, 14 / Math.sqrt(count) / 3));
      const draw = (
        run: number,
        color: string,
        opacity: number,
        width: number
      ): void => {
        const line = lines[run];
        pen.globalAlpha = opacity;
        pen.strokeStyle = color;
        pen.lineWidth = width;
        pen.beginPath();
        pen.moveTo(line[0], line[1]);
        for (let i = 2; i < line.length; i += 2) {
          pen.lineTo(line[i], line[i + 1]);
        }
        pen.stroke();
      };
      const isBrushed = kept.some(one => !one);
      if (isBrushed) {
        lines.forEach(
          (_, run) => kept[run] || draw(run, faint ?? 'gray', 0.35, 1)
        );
      }
      const dim = hover === null ? 1 : 0.35;
      lines.forEach(
        (_, run) =>
          kept[run] && draw(run, colors[run] ?? 'gray', alpha * dim, 1.6)
      );
      if (hover !== null && lines[hover]) {
        draw(hover, colors[hover] ?? 'gray', 1, 3);
      }
    });
    return () => cancelAnimationFrame(frame);
  }, [canvas, lines, colors, kept, size, hover, faint]);
}

const STEP = 0.05;
const WIDEST_TITLE = 124;

/** An axis: its name moves it, its length is brushed. */
function Axis(props: {
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
    const node = event.currentTarget;
    const box = node.ownerSVGElement!.getBoundingClientRect();
    node.setPointerCapture(event.pointerId);
    const from = shareAt(event.clientY - box.top, size);
    let to = from;
    const interval = (): Brush => [Math.min(from, to), Math.max(from, to)];
    const move = (moved: PointerEvent): void => {
      to = shareAt(moved.clientY - box.top, size);
      onBrush(interval(), false);
    };
    const end = (): void => {
      node.removeEventListener('pointermove', move);
      // A click without a way takes the brush away.
      onBrush(Math.abs(to - from) < 0.015 ? null : interval(), true);
    };
    node.addEventListener('pointermove', move);
    node.addEventListener('lostpointercapture', end, { once: true });
    event.stopPropagation();
  };
  const onTitleDown = (event: React.PointerEvent<SVGGElement>): void => {
    const node = event.currentTarget;
    const box = node.ownerSVGElement!.getBoundingClientRect();
    node.setPointerCapture(event.pointerId);
    let to = index;
    const move = (moved: PointerEvent): void => {
      const at = moved.clientX - box.left - axisX(0, count, size);
      to = Math.max(0, Math.min(Math.round(at / gap), count - 1));
      node.setAttribute(
        'transform',
        `translate(${moved.clientX - box.left - x}, 0)`
      );
    };
    const end = (): void => {
      node.removeEventListener('pointermove', move);
      node.removeAttribute('transform');
      if (to !== index) {
        onMove(to);
      }
    };
    node.addEventListener('pointermove', move);
    node.addEventListener('lostpointercapture', end, { once: true });
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

/** What the colours mean. */
function Ramp(props: {
  name: string;
  values: readonly Cell[];
  stops: readonly string[];
}): JSX.Element | null {
  const numbers = props.values
    .map(numberOf)
    .filter((value): value is number => value !== null);
  if (numbers.length === 0) {
    return null;
  }
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return (
    <div className="jp-mlnb-Ramp">
      <span>{formatNumber(low)}</span>
      <i
        style={{
          background: `linear-gradient(to right, ${props.stops.join(', ')})`
        }}
      />
      <span>{formatNumber(high)}</span>
      <b>{shortKey(props.name)}</b>
    </div>
  );
}

function Tip(props: {
  data: IChartData;
  run: number;
  axes: readonly IParallelAxis[];
  color: string | undefined;
  line: readonly number[] | undefined;
  size: IGeometry;
}): JSX.Element {
  const { data, run, axes, color, size } = props;
  const rows = axes.map(
    axis => [axis.label, axis.values[run] ?? null] as const
  );
  if (color && !axes.some(axis => axis.key === color)) {
    rows.push([shortKey(color), data.values(color)[run] ?? null]);
  }
  // On the half of the picture that the line's end leaves free is no better than another: the right end is.
  const y = Math.min(
    (props.line?.[1] ?? 0) + 10,
    size.height - 24 * rows.length
  );
  return (
    <div
      className="jp-mlnb-Tip"
      style={{ insetBlockStart: Math.max(y, 30), insetInlineEnd: 8 }}
      aria-hidden
    >
      <b>
        <bdi>{data.names[run]}</bdi>
      </b>
      <dl>
        {rows.map(([label, value]) => (
          <React.Fragment key={label}>
            <dt>{label}</dt>
            <dd>
              {typeof value === 'number'
                ? formatNumber(value)
                : value === null
                  ? '–'
                  : String(value)}
            </dd>
          </React.Fragment>
        ))}
      </dl>
    </div>
  );
}
