/** Colours and fonts of a chart, read from the page's theme when it is drawn. */
import type { IChartTheme } from './engine';

export const SERIES_COLORS = 8;
export const SCALE_STOPS = 4;

/**
 * The computed value of each custom property. They may be mixtures (`color-mix`), which a drawing
 * library does not read, so each is resolved by the browser on a probe element.
 */
export function readTheme(node: HTMLElement): IChartTheme {
  const style = getComputedStyle(node);
  const probe = document.createElement('span');
  node.appendChild(probe);
  const color = (name: string): string => {
    probe.style.color = `var(${name})`;
    return toRgb(getComputedStyle(probe).color);
  };
  const theme: IChartTheme = {
    font: style.fontFamily,
    fontSize: parseFloat(style.fontSize) || 13,
    text: color('--jp-ui-font-color1'),
    faint: color('--jp-ui-font-color2'),
    grid: color('--jp-mlnb-grid'),
    paper: color('--jp-layout-color1'),
    warn: color('--jp-warn-color0'),
    series: Array.from({ length: SERIES_COLORS }, (_, i) =>
      color(`--jp-mlnb-series-${i + 1}`)
    ),
    scale: Array.from({ length: SCALE_STOPS }, (_, i) =>
      color(`--jp-mlnb-scale-${i + 1}`)
    )
  };
  probe.remove();
  return theme;
}

/** `color(srgb 0.1 0.2 0.3 / 0.5)`, as mixtures compute to, in the older notation. */
function toRgb(value: string): string {
  const parts = /^color\(srgb ([^)]+)\)$/.exec(value);
  if (!parts) {
    return value;
  }
  const [r, g, b, a] = parts[1].split(/[\s/]+/).map(Number);
  const channels = [r, g, b].map(part => Math.round(part * 255)).join(', ');
  return a === undefined ? `rgb(${channels})` : `rgba(${channels}, ${a})`;
}

/** Calls back when the application's theme changes. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ['data-jp-theme-name']
  });
  return () => observer.disconnect();
}
