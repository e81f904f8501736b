/** States and rules of scope cards and hold-outs in words. */
import type { IHoldout, IScopeCard } from '../api/types.scope';
import type { Tone } from '../components/State';
import { formatNumber, formatPercent } from '../format';
import type { ITrans } from '../host';
import type { IMetricGoal } from './card';

export function cardState(
  scope: IScopeCard,
  trans: ITrans
): { tone: Tone; label: string } {
  switch (scope.state) {
    case 'AGREED':
      return { tone: 'good', label: trans.__('agreed') };
    case 'RETIRED':
      return { tone: 'idle', label: trans.__('retired') };
    default:
      return (scope.signatures ?? []).some(one => one.decision === 'reject')
        ? { tone: 'bad', label: trans.__('rejected') }
        : { tone: 'warn', label: trans.__('not agreed') };
  }
}

export function holdoutState(
  holdout: IHoldout,
  trans: ITrans
): { tone: Tone; label: string } {
  switch (holdout.state) {
    case 'ACTIVE':
      return { tone: 'good', label: trans.__('held out') };
    case 'SPENT':
      return { tone: 'bad', label: trans.__('no look is left') };
    default:
      return { tone: 'idle', label: trans.__('no longer held out') };
  }
}

/** Which rows are held out, in a sentence. */
export function ruleText(holdout: IHoldout, trans: ITrans): string {
  const { key, fraction, time, since, column, value } = holdout.rule;
  if (Array.isArray(key) && key.length > 0) {
    return trans.__(
      '%1 of the values of %2, chosen once for ever',
      formatPercent(Number(fraction ?? 0)),
      key.join(', ')
    );
  }
  if (time !== undefined) {
    return trans.__('rows with %1 from %2 on', String(time), String(since));
  }
  return trans.__('rows where %1 is %2', String(column), String(value));
}

/** What a metric has to reach: `roc_auc ≥ 0.8`. */
export function goalText(goal: IMetricGoal | undefined): string {
  if (!goal?.name) {
    return '–';
  }
  return [
    goal.name,
    goal.min !== undefined && `≥ ${formatNumber(Number(goal.min))}`,
    goal.max !== undefined && `≤ ${formatNumber(Number(goal.max))}`
  ]
    .filter(Boolean)
    .join(' ');
}

export const PROBLEMS = [
  'classification',
  'regression',
  'forecasting',
  'recommendation',
  'ranking',
  'anomaly_detection',
  'other'
] as const;

export function problemWord(problem: string, trans: ITrans): string {
  return (
    {
      classification: trans.__('Classification'),
      regression: trans.__('Regression'),
      forecasting: trans.__('Forecasting'),
      recommendation: trans.__('Recommendation'),
      ranking: trans.__('Ranking'),
      anomaly_detection: trans.__('Anomaly detection'),
      other: trans.__('Other')
    }[problem] ?? problem
  );
}
