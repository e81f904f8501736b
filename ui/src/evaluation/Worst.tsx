import * as React from 'react';
import type { IEvaluationResult } from '../api/types.evaluation';
import { Icon } from '../components/Icon';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import { alike, FOUND, intervalText } from './figures';

/** The slice in which the model is worst, in a sentence. */
export function Worst(props: {
  evaluation: IEvaluationResult;
}): JSX.Element | null {
  const { worst, metrics } = props.evaluation;
  const trans = useTrans();
  if (!worst) {
    return null;
  }
  const slice =
    worst.slice_key === FOUND
      ? worst.slice_value
      : trans.__('%1 = %2', worst.slice_key, worst.slice_value);
  const overall = metrics[worst.metric];
  const format = alike(worst.value, worst.lower, worst.upper, overall);
  const interval = intervalText(worst.lower, worst.upper, format);
  return (
    <div className="jp-mlnb-Worst">
      <Icon name="arrowDown" />
      <div>
        <p>
          {trans.__('It is worst where')} <b>{slice}</b>
        </p>
        <p>
          <bdi>{worst.metric}</bdi>{' '}
          <b className="jp-mlnb-Worst-value">{format(worst.value)}</b>
          {interval && ` (${interval})`}
          {overall !== undefined && (
            <> · {trans.__('over all rows %1', format(overall))}</>
          )}{' '}
          · {trans._n('%2 row', '%2 rows', worst.n, formatInteger(worst.n))}
        </p>
      </div>
    </div>
  );
}
