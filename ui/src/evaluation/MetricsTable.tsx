import * as React from 'react';
import type { IEvaluationResult } from '../api/types.evaluation';
import { Tag } from '../components/State';
import { byGoals } from '../experiments/useGoals';
import { useTrans } from '../host';
import type { Figure } from '../api/types.runs';
import { moreIsBetter } from '../compare/compare';
import { differenceText } from '../run/words';
import { alike, intervalText } from './figures';

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
            <Row
              key={name}
              name={name}
              value={value}
              interval={intervals[name]}
              decides={name === primary}
              change={changes[name]}
              compared={compared}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: {
  name: string;
  value: Figure;
  interval?: readonly [Figure, Figure];
  decides: boolean;
  change?: Figure;
  compared: boolean;
}): JSX.Element {
  const { name, value, interval = [], change } = props;
  const [lower, upper] = interval;
  const trans = useTrans();
  const format = alike(value, lower, upper);
  const more = moreIsBetter(name);
  const tone =
    more === null || typeof change !== 'number' || change === 0
      ? 'idle'
      : change > 0 === more
        ? 'good'
        : 'bad';
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi>{' '}
        {props.decides && <Tag label={trans.__('decides')} tone="accent" />}
      </th>
      <td className="jp-mod-numeric">
        <b>{format(value)}</b>
      </td>
      <td className="jp-mod-numeric jp-mlnb-Muted">
        {intervalText(lower, upper, format)}
      </td>
      {props.compared && (
        <td className={`jp-mod-numeric jp-mlnb-Tone jp-mod-${tone}`}>
          {change !== undefined && differenceText(change)}
        </td>
      )}
    </tr>
  );
}
