import * as React from 'react';
import type {
  IEvaluationResult,
  IThreshold,
  IThresholdQuery
} from '../api/types.evaluation';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { Button } from '../components/Button';
import { Facts } from '../components/Facts';
import { Section } from '../components/Page';
import { Select } from '../components/Select';
import { formatNumber, formatPercent } from '../format';
import { useAction } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { figureText } from '../run/words';

type Rule = 'cost' | 'precision' | 'recall';

/** Where a score becomes a decision: chosen by what mistakes cost, or by what must be reached. */
export function ThresholdSection(props: {
  evaluation: IEvaluationResult;
}): JSX.Element {
  const { evaluation } = props;
  const host = useHost();
  const { trans } = host;
  const [rule, setRule] = React.useState<Rule>('cost');
  const [alarm, setAlarm] = React.useState('1');
  const [miss, setMiss] = React.useState('5');
  const [target, setTarget] = React.useState('0.9');
  const query = queryOf(rule, alarm, miss, target);
  const [found, setFound] = React.useState<IThreshold | null>(null);
  // What is stored is what is seen: another question needs another answer first.
  React.useEffect(() => setFound(null), [rule, alarm, miss, target]);
  const find = useAction(
    api => api.runs.threshold(evaluation.id, { ...query }),
    setFound
  );
  const store = useAction(
    api => api.runs.threshold(evaluation.id, { ...query, store: true }),
    stored => {
      setFound(stored);
      host.notify({
        kind: 'success',
        message: trans.__(
          'The model says yes from %1 on.',
          formatNumber(stored.value)
        )
      });
    }
  );
  return (
    <Section
      title={trans.__('Decision threshold')}
      aside={
        evaluation.threshold !== undefined && (
          <span className="jp-mlnb-Muted">
            {trans.__('stored: %1', figureText(evaluation.threshold))}
          </span>
        )
      }
    >
      <form
        className="jp-mlnb-Bar jp-mlnb-Evaluation-bar"
        onSubmit={event => {
          event.preventDefault();
          if (query) {
            find.mutate(undefined);
          }
        }}
      >
        <Select
          label={trans.__('Choose by')}
          value={rule}
          options={[
            { value: 'cost', label: trans.__('least cost') },
            { value: 'precision', label: trans.__('precision of at least') },
            { value: 'recall', label: trans.__('recall of at least') }
          ]}
          onChange={value => setRule(value as Rule)}
        />
        {rule === 'cost' ? (
          <>
            <Amount
              label={trans.__('a false alarm costs')}
              value={alarm}
              onChange={setAlarm}
            />
            <Amount
              label={trans.__('a miss costs')}
              value={miss}
              onChange={setMiss}
            />
          </>
        ) : (
          <Amount
            label={trans.__('Share')}
            value={target}
            onChange={setTarget}
          />
        )}
        <Button
          label={trans.__('Find the threshold')}
          icon="search"
          busy={find.isPending}
          disabled={query === null}
          onClick={() => find.mutate(undefined)}
        />
        {found && (
          <Button
            label={trans.__('Store with the model')}
            icon="check"
            kind="accept"
            busy={store.isPending}
            onClick={() => store.mutate(undefined)}
          />
        )}
      </form>
      {found && <Found threshold={found} />}
    </Section>
  );
}

function queryOf(
  rule: Rule,
  alarm: string,
  miss: string,
  target: string
): IThresholdQuery | null {
  const amount = (text: string): number =>
    text.trim() === '' ? NaN : Number(text);
  if (rule === 'cost') {
    const [a, b] = [amount(alarm), amount(miss)];
    return a >= 0 && b >= 0 && a + b > 0
      ? { cost: { false_positive: a, false_negative: b } }
      : null;
  }
  const share = amount(target);
  return share > 0 && share <= 1 ? { [rule]: share } : null;
}

function Amount(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <label className="jp-mlnb-Field">
      {props.label}
      <input
        className="jp-mlnb-Input jp-mlnb-Amount"
        inputMode="decimal"
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
      />
    </label>
  );
}

function Found({ threshold }: { threshold: IThreshold }): JSX.Element {
  const trans = useTrans();
  const { curve } = threshold;
  const facts = [
    { label: trans.__('Threshold'), value: formatNumber(threshold.value) },
    threshold.precision !== undefined && {
      label: trans.__('Precision'),
      value: formatPercent(threshold.precision)
    },
    threshold.recall !== undefined && {
      label: trans.__('Recall'),
      value: formatPercent(threshold.recall)
    },
    threshold.positive_rate !== undefined && {
      label: trans.__('Says yes to'),
      value: formatPercent(threshold.positive_rate)
    },
    threshold.cost !== undefined && {
      label: trans.__('Cost'),
      value: formatNumber(threshold.cost)
    }
  ].filter(fact => fact !== false);
  const spec = React.useMemo(
    () => curve && thresholdSpec(threshold, trans),
    [curve, threshold, trans]
  );
  return (
    <div className="jp-mlnb-Evaluation-facts" role="status">
      <p>{threshold.rule}</p>
      <Facts facts={facts} />
      {curve && spec && (
        <Chart
          spec={spec}
          height={220}
          label={trans.__(
            '%1 over the threshold, chosen at %2',
            curve.y_label,
            formatNumber(threshold.value)
          )}
        />
      )}
    </div>
  );
}

function thresholdSpec(threshold: IThreshold, trans: ITrans): IChartSpec {
  const { curve, value } = threshold;
  const [x, y] = [curve?.x ?? [], curve?.y ?? []];
  const at = x.reduce(
    (best, one, i) =>
      Math.abs(one - value) < Math.abs(x[best] - value) ? i : best,
    0
  );
  return {
    legend: false,
    x: { label: curve?.x_label ?? '', type: 'linear' },
    y: { label: curve?.y_label ?? '' },
    series: [
      { name: curve?.y_label ?? '', kind: 'path', x, y },
      {
        name: trans.__('chosen'),
        kind: 'points',
        x: [value],
        y: [y[at] ?? null],
        color: 1
      }
    ]
  };
}
