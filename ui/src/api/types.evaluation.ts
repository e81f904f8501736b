/** Models judged: metrics, slices, fairness, thresholds, cards; figures and times as in `types.runs`. */
import type { Cell } from './types';
import type { IGateResult } from './types.registry';
import type { Figure } from './types.runs';

export interface ICurveRow {
  name: string;
  x_label: string;
  y_label: string;
  x: number[];
  y: number[];
  counts?: number[];
}

export interface ISliceFigure {
  slice_key: string;
  slice_value: string;
  n: number;
  metric: string;
  value: Figure;
  lower?: Figure;
  upper?: Figure;
}

/** A fairness figure of a protected group, and how far it is from everybody else's. */
export interface IGroupFact {
  group_key: string;
  group_value: string;
  metric: string;
  value: Figure;
  difference: Figure;
  n: number;
  rest: number;
  /** Of the size of the difference. */
  lower?: Figure;
  upper?: Figure;
  /** The class it was taken for, where there are more than two. */
  positive?: string;
}

export interface IEvaluationResult {
  id: string;
  run_id?: string;
  model_uri?: string;
  model_type: string;
  data: string;
  data_version?: number;
  n_rows: number;
  dropped_rows: number;
  targets: string;
  metrics: Record<string, Figure>;
  intervals: Record<string, [Figure, Figure]>;
  slices: ISliceFigure[];
  fairness: IGroupFact[];
  primary?: string;
  worst?: ISliceFigure;
  changes: Record<string, Figure>;
  curves: ICurveRow[];
  figures: string[];
  notes: string[];
  /** What the thresholds asked for, one line each. */
  validation?: IGateResult[];
  /** What the predictions rest on, the greatest first. */
  importances?: {
    column: string;
    value: Figure;
    lower?: Figure;
    upper?: Figure;
  }[];
  /** The score from which on the model says yes, when it is not a half. */
  threshold?: Figure;
  baseline_uri?: string;
  look?: number;
  looks_allowed?: number;
  optimism?: number;
  created_by?: string;
  created_at: number;
}

export type ComparisonVerdict =
  'BETTER' | 'NOT_WORSE' | 'WORSE' | 'INCONCLUSIVE';

export interface IMetricComparison {
  metric: string;
  challenger: Figure;
  champion: Figure;
  difference: Figure;
  lower?: Figure;
  upper?: Figure;
  verdict: ComparisonVerdict;
  greater_is_better: boolean;
  rows_needed?: number;
}

export interface IModelComparison {
  id: string;
  challenger_uri?: string;
  champion_uri?: string;
  data: string;
  data_version?: number;
  n_rows: number;
  margin: number;
  primary: string;
  verdict: ComparisonVerdict;
  metrics: IMetricComparison[];
  look?: number;
  looks_allowed?: number;
  notes: string[];
  created_by: string;
  created_at: number;
}

export interface IModelComparisonQuery {
  challenger: string;
  champion: string;
  data?: string;
  targets: string;
  metrics?: readonly string[];
  holdout?: boolean;
  margin?: number;
}

export interface IThreshold {
  value: number;
  rule: string;
  precision?: number;
  recall?: number;
  positive_rate?: number;
  cost?: number;
  model_uri?: string;
  evaluation_id?: string;
  curve?: ICurveRow;
}

export interface IThresholdQuery {
  /** What a wrong yes and a wrong no cost. */
  cost?: { false_positive: number; false_negative: number };
  precision?: number;
  recall?: number;
  store?: boolean;
}

export interface ICardFact {
  id: string;
  section: string;
  label: string;
  value?: Cell;
  source: string;
  sha256: string;
}

export interface IModelCard {
  run_id: string;
  title: string;
  facts: ICardFact[];
  markdown: string;
  sha256: string;
  created_at: number;
}

export interface ICardCheck {
  valid: boolean;
  changed: string[];
  missing: string[];
}
