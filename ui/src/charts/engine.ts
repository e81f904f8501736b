/** What a chart says, apart from who draws it. */

export interface ISeries {
  name: string;
  x: readonly (number | string)[];
  y: readonly (number | null)[];
  /** A path is a line without marks. */
  kind?: 'line' | 'path' | 'points' | 'bar' | 'dots' | 'contour';
  /** Bounds of each value: drawn as whiskers. */
  lower?: readonly (number | null)[];
  upper?: readonly (number | null)[];
  /** The bounds are drawn as an area around the line. */
  band?: boolean;
  /** Which colour of the palette each bar or point has. */
  colors?: readonly number[];
  /** What colours each point, from the least to the greatest. */
  values?: readonly (number | null)[];
  /** Heights over a lattice: rows along y. Of a contour. */
  grid?: {
    x: readonly number[];
    y: readonly number[];
    z: readonly (readonly (number | null)[])[];
  };
  /** Bars carry their figures. */
  figures?: boolean;
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
  /** What the colours of `values` and of a contour mean. */
  ramp?: string;
  /** The least and the greatest value that a colour stands for; by default those there are. */
  rampRange?: readonly [number, number];
  /** Points are chosen by a box drawn around them. */
  selects?: boolean;
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
  /** From the least to the greatest value. */
  scale: readonly string[];
}

export interface IChartEngine {
  draw(
    node: HTMLElement,
    spec: IChartSpec,
    theme: IChartTheme,
    onPick?: (id: string) => void,
    onSelect?: (ids: string[] | null) => void
  ): Promise<void>;
  resize(node: HTMLElement): void;
  picture(node: HTMLElement, format: 'png' | 'svg'): Promise<string>;
  dispose(node: HTMLElement): void;
}
