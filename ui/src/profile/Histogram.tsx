import * as React from 'react';
import type { IDrillResult, IHistogram } from '../api/types.explore';

export interface IBarsProps {
  histogram: IHistogram;
  width: number;
  height: number;
  /** Bins that are brushed. */
  range?: [number, number] | null;
  /** The same column for the rows that were brushed elsewhere. */
  subset?: IDrillResult | null;
}

/** Bars of a histogram; the brushed part and the linked rows in full colour, the rest pale. */
export function Bars(props: IBarsProps): JSX.Element {
  const { histogram, width, height, range, subset } = props;
  const { counts } = histogram;
  const most = Math.max(...counts, 1);
  const step = width / Math.max(counts.length, 1);
  const gap = step > 4 ? 1 : 0;
  const pale = Boolean(range || subset);
  const bar = (count: number, top: number): number =>
    // A bar that is there can be seen.
    count === 0 ? 0 : Math.max((count / top) * height, 1);
  return (
    <>
      {counts.map((count, i) => {
        const size = bar(count, most);
        const chosen = range ? i >= range[0] && i <= range[1] : false;
        return (
          <rect
            key={i}
            className={`jp-mlnb-Bars-bar${pale && !(chosen && !subset) ? ' jp-mod-pale' : ''}`}
            x={i * step}
            y={height - size}
            width={Math.max(step - gap, 0.5)}
            height={size}
          />
        );
      })}
      {subset && <Linked {...props} subset={subset} />}
    </>
  );
}

/** The linked rows in the same bins; as high as the whole, since only their shape is compared. */
function Linked(props: IBarsProps & { subset: IDrillResult }): JSX.Element {
  const { histogram, width, height, subset } = props;
  const counts = (subset.columns.count ?? []).map(Number);
  const most = Math.max(...counts, 1);
  const step = width / Math.max(histogram.counts.length, 1);
  return (
    <g className="jp-mlnb-Bars-linked">
      {counts.map((count, i) => {
        const size = count === 0 ? 0 : Math.max((count / most) * height, 1);
        return (
          <rect
            key={i}
            x={i * step}
            y={height - size}
            width={Math.max(step - (step > 4 ? 1 : 0), 0.5)}
            height={size}
          />
        );
      })}
    </g>
  );
}

export interface IBrushProps extends IBarsProps {
  /** The column, and how it is spread, in words. */
  label: string;
  /** What stands at a bin: `from 10 to 20: 1,234 rows`. */
  binText: (bin: number) => string;
  /** Null takes the brush away. Absent: the picture is only looked at. */
  onBrush?: (range: [number, number] | null) => void;
}

/**
 * A histogram in which a range is chosen by dragging, or by keys: arrows move a bin, with Shift they
 * widen the range, Escape takes it away.
 */
export function BrushHistogram(props: IBrushProps): JSX.Element {
  const { histogram, width, height, range, onBrush, label } = props;
  const bins = histogram.counts.length;
  const root = React.useRef<SVGSVGElement>(null);
  // Where the range begins, and the end that moves.
  const [anchor, setAnchor] = React.useState<number | null>(null);
  const [cursor, setCursor] = React.useState(0);

  const binAt = (x: number): number => {
    const box = root.current?.getBoundingClientRect();
    const share = box && box.width > 0 ? (x - box.left) / box.width : 0;
    return Math.min(Math.max(Math.floor(share * bins), 0), bins - 1);
  };
  const choose = (from: number, to: number): void => {
    setCursor(to);
    onBrush?.([Math.min(from, to), Math.max(from, to)]);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape' && range) {
      event.stopPropagation();
      onBrush?.(null);
      return;
    }
    const next = {
      ArrowRight: cursor + (range ? 1 : 0),
      ArrowUp: cursor + (range ? 1 : 0),
      ArrowLeft: cursor - (range ? 1 : 0),
      ArrowDown: cursor - (range ? 1 : 0),
      Home: 0,
      End: bins - 1
    }[event.key];
    if (next === undefined) {
      return;
    }
    event.preventDefault();
    const to = Math.min(Math.max(next, 0), bins - 1);
    if (event.shiftKey && range) {
      const from = cursor === range[0] ? range[1] : range[0];
      choose(from, to);
    } else {
      choose(to, to);
    }
  };
  const step = width / Math.max(bins, 1);
  const picture = (
    <>
      <Bars {...props} />
      {range && (
        <rect
          className="jp-mlnb-Brush-range"
          x={range[0] * step}
          y={0}
          width={(range[1] - range[0] + 1) * step}
          height={height}
        />
      )}
    </>
  );
  if (!onBrush) {
    return (
      <svg
        className="jp-mlnb-Bars"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        style={{ height }}
        role="img"
        aria-label={label}
      >
        {picture}
      </svg>
    );
  }
  return (
    <svg
      ref={root}
      className="jp-mlnb-Bars jp-mlnb-Brush"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      style={{ height }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(bins - 1, 0)}
      aria-valuenow={cursor}
      aria-valuetext={
        range
          ? range[0] === range[1]
            ? props.binText(range[0])
            : `${props.binText(range[0])} – ${props.binText(range[1])}`
          : props.binText(cursor)
      }
      onKeyDown={onKeyDown}
      onPointerDown={event => {
        if (event.button !== 0) {
          return;
        }
        const at = binAt(event.clientX);
        event.currentTarget.setPointerCapture?.(event.pointerId);
        setAnchor(at);
        choose(at, at);
      }}
      onPointerMove={event => {
        if (anchor !== null) {
          choose(anchor, binAt(event.clientX));
        }
      }}
      onPointerUp={() => setAnchor(null)}
      onPointerCancel={() => setAnchor(null)}
    >
      {picture}
    </svg>
  );
}
