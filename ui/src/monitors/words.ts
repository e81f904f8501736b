/** Windows and metrics in words. Windows are cut in UTC, so they are named in UTC. */
import type { IAlertRule, IWindowSpan } from '../api/types.monitors';
import { formatNumber } from '../format';
import type { ITrans } from '../host';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const inUtc = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', ...options });

const month = inUtc({ month: 'short', year: 'numeric' });
const day = inUtc({ day: 'numeric', month: 'short', year: 'numeric' });
const shortDay = inUtc({ day: 'numeric', month: 'short' });
const hour = inUtc({
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit'
});

/** A window as a person names it: a month, a day, an hour. */
export function windowName({ start, end }: IWindowSpan): string {
  const width = end - start;
  if (width >= 27 * DAY && width <= 32 * DAY) {
    return month.format(start);
  }
  return width >= DAY ? day.format(start) : hour.format(start);
}

export interface ITick {
  /** Index of the window. */
  at: number;
  label: string;
}

/** Names below the windows: each one where there is room, else where a month, day or so begins. */
export function ticks(windows: readonly IWindowSpan[], room = 9): ITick[] {
  if (windows.length === 0) {
    return [];
  }
  const width = windows[0].end - windows[0].start;
  if (windows.length <= room) {
    return windows.map((one, at) => ({ at, label: windowName(one) }));
  }
  const format = width >= DAY ? month : shortDay;
  const named: ITick[] = [];
  windows.forEach((one, at) => {
    const label = format.format(one.start);
    if (named[named.length - 1]?.label !== label) {
      named.push({ at, label });
    }
  });
  if (named.length < 2) {
    const step = Math.ceil(windows.length / room);
    const name = width >= DAY ? shortDay : hour;
    return windows.flatMap((one, at) =>
      at % step === 0 ? [{ at, label: name.format(one.start) }] : []
    );
  }
  // The first piece may be too short for its name.
  const gap = windows.length / room / 2;
  const kept = named.filter(
    (tick, i) => i + 1 === named.length || named[i + 1].at - tick.at >= gap
  );
  const last = kept[kept.length - 1];
  if (kept.length > 2 && windows.length - last.at < gap) {
    kept.pop();
  }
  const step = Math.ceil(kept.length / room);
  return kept.filter((_, i) => i % step === 0);
}

/** The start of a window as charts read it, in UTC. */
export function chartTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

export function metricName(metric: string, trans: ITrans): string {
  const names: Readonly<Record<string, string>> = {
    js_distance: trans.__('Jensen–Shannon distance'),
    population_stability_index: trans.__('Population stability index'),
    ks_test: trans.__('Kolmogorov–Smirnov distance'),
    tv_distance: trans.__('Total variation distance'),
    wasserstein_normalized: trans.__('Wasserstein distance, scaled'),
    percent_null_delta: trans.__('Change of missing values'),
    avg_delta: trans.__('Change of the mean'),
    roc_auc_score: trans.__('ROC AUC'),
    accuracy_score: trans.__('Accuracy'),
    base_rate: trans.__('Share of positives'),
    predicted_rate: trans.__('Predicted share'),
    f1_score: trans.__('F1'),
    log_loss: trans.__('Log loss'),
    root_mean_squared_error: trans.__('RMSE'),
    mean_average_error: trans.__('Mean absolute error'),
    r2_score: trans.__('R²'),
    avg: trans.__('Mean'),
    median: trans.__('Median'),
    stddev: trans.__('Standard deviation'),
    min: trans.__('Minimum'),
    max: trans.__('Maximum'),
    percent_null: trans.__('Missing values (%)'),
    percent_zeros: trans.__('Zeros (%)'),
    distinct_count: trans.__('Distinct values'),
    count: trans.__('Rows')
  };
  return names[metric] ?? metric;
}

const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });
const medium = new Intl.NumberFormat(undefined, {
  maximumSignificantDigits: 3
});

/** A distance as a cell has room for. */
export function shortFigure(value: number): string {
  return Math.abs(value) < 0.0005 && value !== 0 ? '≈0' : short.format(value);
}

/** A measured value in the midst of words. */
export function figure(value: number): string {
  return Math.abs(value) < 1000 ? medium.format(value) : formatNumber(value);
}

/** A rule in a sentence. */
export function ruleSentence(rule: IAlertRule, trans: ITrans): string {
  const metric = metricName(rule.metric, trans);
  const limit = formatNumber(rule.threshold);
  const condition =
    rule.direction === 'below'
      ? trans.__('%1 below %2', metric, limit)
      : trans.__('%1 above %2', metric, limit);
  const where = rule.columns?.length
    ? trans.__(' for %1', rule.columns.join(', '))
    : '';
  const windows = rule.granularity
    ? trans.__(
        ' in %1 of the last %2 windows of %3',
        rule.k,
        rule.n,
        rule.granularity
      )
    : trans.__(' in %1 of the last %2 windows', rule.k, rule.n);
  return condition + where + windows;
}
