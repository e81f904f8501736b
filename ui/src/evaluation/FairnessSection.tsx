import * as React from 'react';
import type { IEvaluationResult, IGroupFact } from '../api/types.evaluation';
import { Section } from '../components/Page';
import { State, Tag } from '../components/State';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { differenceText } from '../run/words';
import { alike, FEW_ROWS, intervalText } from './figures';

/** What each figure asks, in words. */
function meaning(metric: string, trans: ITrans): string | undefined {
  switch (metric) {
    case 'predictive_parity':
      return trans.__(
        'Of those it says yes to, how many are: the same for all groups?'
      );
    case 'predictive_equality':
      return trans.__(
        'Of those who are not, how many does it say yes to: the same for all groups?'
      );
    case 'equal_opportunity':
      return trans.__(
        'Of those who are, how many does it find: the same for all groups?'
      );
    case 'statistical_parity':
      return trans.__('To how many does it say yes: the same for all groups?');
    default:
      return undefined;
  }
}

/** Protected groups beside everybody else. */
export function FairnessSection(props: {
  evaluation: IEvaluationResult;
}): JSX.Element {
  const { fairness } = props.evaluation;
  const trans = useTrans();
  const metrics = [...new Set(fairness.map(fact => fact.metric))];
  return (
    <Section title={trans.__('Fairness')}>
      {metrics.map(metric => (
        <div key={metric} className="jp-mlnb-Fairness">
          <h3>
            <bdi>{metric}</bdi>
          </h3>
          <p className="jp-mlnb-Muted">{meaning(metric, trans)}</p>
          <Groups
            metric={metric}
            facts={fairness.filter(fact => fact.metric === metric)}
          />
        </div>
      ))}
    </Section>
  );
}

function Groups(props: {
  metric: string;
  facts: readonly IGroupFact[];
}): JSX.Element {
  const { metric, facts } = props;
  const trans = useTrans();
  const widest = Math.max(...facts.map(fact => size(fact)), 0.01);
  const format = alike(...facts.flatMap(fact => [fact.value, others(fact)]));
  return (
    <table
      className="jp-mlnb-Table jp-mlnb-Fairness-table"
      aria-label={trans.__('%1 by group', metric)}
    >
      <thead>
        <tr>
          <th scope="col">{trans.__('Group')}</th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Rows')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Group')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Everybody else')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Difference')}
          </th>
          <th scope="col">{trans.__('Interval of the gap')}</th>
        </tr>
      </thead>
      <tbody>
        {facts.map(fact => (
          <tr key={[fact.group_key, fact.group_value, fact.positive].join()}>
            <th scope="row">
              <bdi>{groupOf(fact)}</bdi>
              {fact.positive !== undefined && (
                <span className="jp-mlnb-Muted">
                  {' '}
                  {trans.__('for the class %1', fact.positive)}
                </span>
              )}{' '}
              {fact.n < FEW_ROWS && <Tag label={trans.__('few rows')} />}
            </th>
            <td className="jp-mod-numeric">{formatInteger(fact.n)}</td>
            <td className="jp-mod-numeric">{format(fact.value)}</td>
            <td className="jp-mod-numeric">{format(others(fact))}</td>
            <td className="jp-mod-numeric">
              <Gap fact={fact} widest={widest} />
            </td>
            <td className="jp-mlnb-Muted">
              {intervalText(fact.lower, fact.upper)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A value of a column, or a condition that its members fulfil. */
function groupOf({ group_key: key, group_value: value }: IGroupFact): string {
  return value === 'yes' && key.includes(' ') ? key : `${key} = ${value}`;
}

function size({ difference }: IGroupFact): number {
  return typeof difference === 'number' ? Math.abs(difference) : 0;
}

function others({ value, difference }: IGroupFact): number | undefined {
  return typeof value === 'number' && typeof difference === 'number'
    ? value - difference
    : undefined;
}

/** A bar to the left or the right of the middle, and whether chance explains it. */
function Gap(props: { fact: IGroupFact; widest: number }): JSX.Element {
  const { fact, widest } = props;
  const trans = useTrans();
  const { lower, difference } = fact;
  const decided = typeof lower === 'number' && lower > 0;
  const share = (50 * size(fact)) / widest;
  const isLess = typeof difference === 'number' && difference < 0;
  return (
    <span className="jp-mlnb-Gap">
      <span className="jp-mlnb-Gap-track" aria-hidden>
        <span
          className={`jp-mlnb-Gap-bar${decided ? ' jp-mod-decided' : ''}`}
          style={{
            insetInlineStart: `${isLess ? 50 - share : 50}%`,
            width: `${share}%`
          }}
        />
      </span>
      {decided ? (
        <State
          tone="warn"
          label={differenceText(difference)}
          title={trans.__(
            'The interval does not hold 0: chance alone seldom does this.'
          )}
        />
      ) : (
        differenceText(difference)
      )}
    </span>
  );
}
