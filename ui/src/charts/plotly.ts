/** The engine behind `Chart`: plotly's cartesian bundle, fetched with the first picture. */
import type { IAxis, IChartEngine, IChartSpec, IChartTheme } from './engine';

type Figure = HTMLElement & {
  on?(
    name: string,
    run: (event?: { points: { customdata?: unknown }[] }) => void
  ): void;
  removeAllListeners?(name: string): void;
};

interface IPlotly {
  react(
    node: HTMLElement,
    data: object[],
    layout: object,
    config: object
  ): Promise<unknown>;
  purge(node: HTMLElement): void;
  toImage(
    node: HTMLElement,
    options: { format: string; scale: number }
  ): Promise<string>;
  Plots: { resize(node: HTMLElement): void };
}

// Series differ by dash and mark as well as by colour.
const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot'];
const MARKS = ['circle', 'square', 'diamond', 'triangle-up', 'cross', 'x'];

export async function loadPlotly(): Promise<IChartEngine> {
  const module = await import('plotly.js-cartesian-dist-min');
  return new PlotlyEngine((module.default ?? module) as unknown as IPlotly);
}

class PlotlyEngine implements IChartEngine {
  constructor(private readonly _plotly: IPlotly) {}

  async draw(
    node: HTMLElement,
    spec: IChartSpec,
    theme: IChartTheme,
    onPick?: (id: string) => void,
    onSelect?: (ids: string[] | null) => void
  ): Promise<void> {
    await this._plotly.react(node, traces(spec, theme), layout(spec, theme), {
      displayModeBar: false,
      responsive: false,
      showTips: false
    });
    const figure = node as Figure;
    figure.removeAllListeners?.('plotly_click');
    if (onPick) {
      figure.on?.('plotly_click', event => {
        const id = event?.points[0]?.customdata;
        if (typeof id === 'string') {
          onPick(id);
        }
      });
    }
    figure.removeAllListeners?.('plotly_selected');
    figure.removeAllListeners?.('plotly_deselect');
    if (onSelect) {
      figure.on?.('plotly_selected', event => {
        // Drawing anew fires it without points.
        if (event) {
          onSelect(
            event.points
              .map(point => point.customdata)
              .filter((id): id is string => typeof id === 'string')
          );
        }
      });
      figure.on?.('plotly_deselect', () => onSelect(null));
    }
  }

  resize(node: HTMLElement): void {
    // Drawn at size zero, a picture stays empty when it is shown.
    if (node.clientWidth > 0 && node.clientHeight > 0) {
      this._plotly.Plots.resize(node);
    }
  }

  picture(node: HTMLElement, format: 'png' | 'svg'): Promise<string> {
    return this._plotly.toImage(node, { format, scale: 2 });
  }

  dispose(node: HTMLElement): void {
    this._plotly.purge(node);
  }
}

export function traces(spec: IChartSpec, theme: IChartTheme): object[] {
  return spec.series.flatMap((series, i) => {
    if (series.kind === 'contour') {
      return [contour(series, spec, theme)];
    }
    const line = trace(series, i, spec, theme);
    return series.band ? [...band(series, i, theme), line] : [line];
  });
}

type Series = IChartSpec['series'][number];

const MODES = {
  line: 'lines+markers',
  path: 'lines',
  points: 'markers',
  dots: 'markers'
};

function trace(
  series: Series,
  i: number,
  spec: IChartSpec,
  theme: IChartTheme
): object {
  const kind = series.kind ?? 'line';
  const color = theme.series[(series.color ?? i) % theme.series.length];
  const error = series.band ? undefined : bounds(series, color);
  const [along, across] = spec.horizontal
    ? [series.y, series.x]
    : [series.x, series.y];
  const style = series.color ?? i;
  return {
    type: kind === 'bar' ? 'bar' : 'scatter',
    mode: MODES[kind as 'line'],
    name: series.name,
    x: along,
    y: across,
    text: series.text,
    // Words are for the pointer; on a bar they would be written over it.
    textposition:
      kind === 'bar' ? (series.figures ? 'outside' : 'none') : undefined,
    texttemplate: series.figures
      ? `%{${spec.horizontal ? 'x' : 'y'}:.4~g}`
      : undefined,
    textfont: { color: theme.faint, size: theme.fontSize - 2 },
    cliponaxis: false,
    customdata: series.ids,
    orientation: spec.horizontal ? 'h' : undefined,
    [spec.horizontal ? 'error_x' : 'error_y']: error,
    line: {
      color,
      width: 2,
      dash: DASHES[
        Math.floor(style / (kind === 'path' ? theme.series.length : 1)) %
          DASHES.length
      ]
    },
    marker: series.values
      ? {
          color: series.values,
          colorscale: colorscale(theme),
          colorbar: colorbar(spec, theme),
          cmin: spec.rampRange?.[0],
          cmax: spec.rampRange?.[1],
          // A contour explains the colours of its points as well.
          showscale:
            spec.ramp !== undefined &&
            !spec.series.some(one => one.kind === 'contour'),
          size: 9,
          line: { color: theme.paper, width: 1 }
        }
      : {
          color: series.colors
            ? series.colors.map(one => theme.series[one % theme.series.length])
            : color,
          size: kind === 'line' ? 5 : 9,
          symbol: MARKS[style % MARKS.length],
          line: { color: theme.paper, width: kind === 'line' ? 0 : 1 }
        },
    hovertemplate: hover(
      spec,
      series.text !== undefined,
      series.values !== undefined
    )
  };
}

function colorscale(theme: IChartTheme): [number, string][] {
  const { scale } = theme;
  return scale.map((color, i) => [i / (scale.length - 1), color]);
}

function colorbar(spec: IChartSpec, theme: IChartTheme): object {
  return {
    title: {
      text: spec.ramp,
      side: 'right',
      font: { color: theme.faint, size: theme.fontSize - 2 }
    },
    thickness: 8,
    outlinewidth: 0,
    tickfont: { color: theme.faint, size: theme.fontSize - 2 },
    nticks: 5
  };
}

function contour(series: Series, spec: IChartSpec, theme: IChartTheme): object {
  return {
    type: 'contour',
    name: series.name,
    ...series.grid,
    connectgaps: false,
    zmin: spec.rampRange?.[0],
    zmax: spec.rampRange?.[1],
    colorscale: colorscale(theme),
    colorbar: colorbar(spec, theme),
    ncontours: 12,
    line: { width: 0.5, color: theme.paper, smoothing: 1 },
    opacity: 0.8,
    hovertemplate: `%{z:.4g}<extra></extra>`
  };
}

/** The area between the bounds: its upper edge, and its lower edge filled towards it. */
function band(series: Series, i: number, theme: IChartTheme): object[] {
  const color = theme.series[(series.color ?? i) % theme.series.length];
  const edge = {
    type: 'scatter',
    mode: 'lines',
    x: series.x,
    line: { width: 0, color },
    hoverinfo: 'skip',
    showlegend: false
  };
  return [
    { ...edge, y: series.upper },
    {
      ...edge,
      y: series.lower,
      fill: 'tonexty',
      fillcolor: color.replace(/^rgb\(([^)]+)\)$/, 'rgba($1, 0.16)')
    }
  ];
}

function bounds(
  series: IChartSpec['series'][number],
  color: string
): object | undefined {
  const { lower, upper, y } = series;
  if (!lower || !upper) {
    return undefined;
  }
  const distance = (bound: number | null, value: number | null): number =>
    bound === null || value === null ? 0 : Math.abs(bound - value);
  return {
    type: 'data',
    symmetric: false,
    array: upper.map((bound, i) => distance(bound, y[i])),
    arrayminus: lower.map((bound, i) => distance(bound, y[i])),
    color,
    thickness: 1.2,
    width: 3
  };
}

function hover(spec: IChartSpec, hasText: boolean, hasValues: boolean): string {
  const value = spec.horizontal ? '%{x}' : '%{y}';
  const place = spec.horizontal ? '%{y}' : '%{x}';
  const colored = hasValues ? `<br>${spec.ramp ?? ''} %{marker.color:.4g}` : '';
  return `${hasText ? '%{text}<br>' : ''}${place}: <b>${value}</b>${colored}<extra></extra>`;
}

export function layout(spec: IChartSpec, theme: IChartTheme): object {
  const [across, up] = spec.horizontal ? [spec.y, spec.x] : [spec.x, spec.y];
  return {
    autosize: true,
    // A limit across lying bars is labelled above them.
    margin: { l: 52, r: 16, t: spec.horizontal ? 26 : 12, b: 44 },
    paper_bgcolor: 'transparent',
    plot_bgcolor: 'transparent',
    font: { family: theme.font, size: theme.fontSize - 1, color: theme.text },
    colorway: theme.series,
    showlegend: spec.legend ?? spec.series.length > 1,
    legend: { orientation: 'h', x: 0, y: 1.12, yanchor: 'bottom' },
    hoverlabel: {
      bgcolor: theme.paper,
      bordercolor: theme.grid,
      font: { color: theme.text, family: theme.font }
    },
    bargap: spec.gap ?? 0.35,
    dragmode: spec.selects ? 'select' : 'zoom',
    selections: [],
    xaxis: axis(across, theme),
    yaxis: axis(up, theme),
    shapes: (spec.thresholds ?? []).map(limit => ({
      type: 'line',
      ...(spec.horizontal
        ? { yref: 'paper', y0: 0, y1: 1, x0: limit.value, x1: limit.value }
        : { xref: 'paper', x0: 0, x1: 1, y0: limit.value, y1: limit.value }),
      line: { color: theme.warn, width: 1.5, dash: 'dash' }
    })),
    annotations: (spec.thresholds ?? []).map(limit => ({
      text: limit.label,
      showarrow: false,
      font: { color: theme.faint, size: theme.fontSize - 2 },
      ...(spec.horizontal
        ? { yref: 'paper', y: 1, x: limit.value, yanchor: 'bottom' }
        : {
            xref: 'paper',
            x: 1,
            y: limit.value,
            xanchor: 'right',
            yanchor: 'bottom'
          })
    }))
  };
}

function axis(spec: IAxis, theme: IChartTheme): object {
  return {
    title: {
      text: spec.label,
      standoff: 8,
      font: { color: theme.faint, size: theme.fontSize - 1 }
    },
    type: spec.type ?? '-',
    range: spec.range,
    tickformat: spec.format,
    gridcolor: theme.grid,
    linecolor: theme.grid,
    zeroline: false,
    automargin: true,
    tickfont: { color: theme.faint }
  };
}
