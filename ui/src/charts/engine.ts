/** What a chart says, apart from who draws it. */

export interface ISeries {
  name: string;
  x: readonly (number | string)[];
  y: readonly (number | null)[];
  kind?: 'line' | 'points' | 'bar' | 'dots';
  /** Bounds of each value: drawn as whiskers. */
  lower?: readonly (number | null)[];
  upper?: readonly (number | null)[];
  /** Words for each point, and what to open when it is clicked. */
  text?: readonly string[];
  ids?: readonly string[];
  /** Which colour of the palette; by default the position in the list. */
  color?: number;
}

export interface IAxis {
  label: string;
  type?: 'linear' | 'log' | 'date' | 'category';
  range?: readonly [number, number];
  /** d3 format of the ticks, such as `.0%`. */
  format?: string;
}

export interface IChartSpec {
  x: IAxis;
  y: IAxis;
  series: readonly ISeries[];
  /** Lines across the picture: a gate, an alert's limit. */
  thresholds?: readonly { value: number; label: string }[];
  /** Bars lie down: names along the y axis. */
  horizontal?: boolean;
  legend?: boolean;
  /** Share of a bar's place that stays free; bars of a histogram stand close. */
  gap?: number;
}

export interface IChartTheme {
  font: string;
  fontSize: number;
  text: string;
  faint: string;
  grid: string;
  paper: string;
  warn: string;
  series: readonly string[];
}

export interface IChartEngine {
  draw(
    node: HTMLElement,
    spec: IChartSpec,
    theme: IChartTheme,
    onPick?: (id: string) => void
  ): Promise<void>;
  resize(node: HTMLElement): void;
  picture(node: HTMLElement, format: 'png' | 'svg'): Promise<string>;
  dispose(node: HTMLElement): void;
}
