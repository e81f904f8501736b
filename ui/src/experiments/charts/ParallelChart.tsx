import * as React from 'react';
import { readTheme, onThemeChange } from '../../charts/theme';
import { useSize } from '../../hooks/useSize';
import { useTrans } from '../../host';
import { shortKey } from '../rows';
import type { IChartData } from './data';
import {
  axesOf,
  brushed,
  linesOf,
  moveAxis,
  nearest,
  parallelSvg
} from './parallel';
import type { Brush, IGeometry } from './parallel';
import { ParallelAxis } from './ParallelAxis';
import { Ramp, Tip } from './ParallelLegend';
import { rampColor, scaleOf } from './scale';
import { usePaint } from './usePaint';

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
    // An axis that was taken out took its brush along.
    const next = new Map(
      [...brushes].filter(([one]) => props.axes.includes(one))
    );
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
          <ParallelAxis
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
