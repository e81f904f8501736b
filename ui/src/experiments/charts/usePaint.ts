import * as React from 'react';
import type { IGeometry } from './parallel';

/** Draws once a frame, however often something changes. */
export function usePaint(
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
