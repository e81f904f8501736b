import * as React from 'react';
import type { IEvaluationResult } from '../api/types.evaluation';
import { Tag } from '../components/State';
import { byGoals } from '../experiments/useGoals';
import { useTrans } from '../host';
import { differenceText, figureText } from '../run/words';
import { intervalText } from './figures';

/** Each metric with its interval, the one that decides first. */
export function MetricsTable(props: {
  evaluation: IEvaluationResult;
  goals: readonly string[];
}): JSX.Element {
  const { evaluation, goals } = props;
  const trans = useTrans();
  const {
    metrics,
    intervals,
    changes,
    primary,
    baseline_uri: base
  } = evaluation;
  const first = primary === undefined ? goals : [primary, ...goals];
  // What has an interval measures; counts stand below.
  const measured = Object.entries(metrics).sort(
    ([a], [b]) => Number(b in intervals) - Number(a in intervals)
  );
  const rows = byGoals(measured, first, ([name]) => name);
  const compared = Object.keys(changes).length > 0;
  return (
    <div className="jp-mlnb-MetricsTable">
      <table className="jp-mlnb-Table" aria-label={trans.__('Metrics')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Metric')}</th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Value')}
            </th>
            <th
              scope="col"
              className="jp-mod-numeric"
              title={trans.__(
                'In 95 of 100 such samples the value lies there.'
              )}
            >
              {trans.__('95 % interval')}
            </th>
            {compared && (
              <th scope="col" className="jp-mod-numeric" title={base}>
                {trans.__('Change')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <bdi>{name}</bdi>{' '}
                {name === primary && (
                  <Tag label={trans.__('decides')} tone="accent" />
                )}
              </th>
              <td className="jp-mod-numeric">
                <b>{figureText(value)}</b>
              </td>
              <td className="jp-mod-numeric jp-mlnb-Muted">
                {intervalText(...(intervals[name] ?? []))}
              </td>
              {compared && (
                <td className="jp-mod-numeric">
                  {changes[name] !== undefined && differenceText(changes[name])}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
