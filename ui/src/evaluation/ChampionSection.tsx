import * as React from 'react';
import type { IRun } from '../api/types';
import type {
  ComparisonVerdict,
  IEvaluationResult,
  IMetricComparison,
  IModelComparison
} from '../api/types.evaluation';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { State } from '../components/State';
import type { IStateProps } from '../components/State';
import { formatInteger } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { registeredName } from '../run/RegisterForm';
import { comparisonsQuery } from '../run/queries';
import { differenceText } from '../run/words';
import { alike, intervalText } from './figures';

const EXAMPLE = 'models:/main.ml.flights@champion';

export function comparisonState(
  verdict: ComparisonVerdict,
  trans: ITrans
): IStateProps {
  switch (verdict) {
    case 'BETTER':
      return { tone: 'good', icon: 'arrowUp', label: trans.__('Better') };
    case 'NOT_WORSE':
      return { tone: 'good', label: trans.__('Not worse') };
    case 'WORSE':
      return { tone: 'bad', icon: 'arrowDown', label: trans.__('Worse') };
    default:
      return { tone: 'warn', label: trans.__('Undecided') };
  }
}

/** The model beside another one, on the same rows. */
export function ChampionSection(props: {
  run: IRun;
  evaluation: IEvaluationResult;
}): JSX.Element {
  const { run, evaluation } = props;
  const trans = useTrans();
  const registered = run.models
    .map(model => registeredName(model.uri))
    .find(name => name !== null);
  const [champion, setChampion] = React.useState(
    evaluation.baseline_uri ??
      (registered ? `models:/${registered}@champion` : '')
  );
  const challenger = evaluation.model_uri ?? run.models[0]?.uri;
  const compare = useAction(api =>
    api.runs.compareModels({
      challenger: challenger ?? '',
      champion: champion.trim(),
      data: evaluation.data,
      targets: evaluation.targets,
      holdout: evaluation.look !== undefined || undefined
    })
  );
  const kept = useApi(comparisonsQuery(run.run_id));
  // What was compared before is shown as long as it is of the data that is looked at.
  const shown =
    compare.data ??
    kept.data?.find(
      one =>
        one.data === evaluation.data &&
        one.data_version === evaluation.data_version
    );
  const isUri = /^(models|runs):\//.test(champion.trim());
  if (challenger === undefined || evaluation.targets === '') {
    return <></>;
  }
  return (
    <Section title={trans.__('Against another model')}>
      <form
        className="jp-mlnb-Bar jp-mlnb-Evaluation-bar"
        onSubmit={event => {
          event.preventDefault();
          if (isUri) {
            compare.mutate(undefined);
          }
        }}
      >
        <label className="jp-mlnb-Field">
          {trans.__('Champion')}
          <input
            className="jp-mlnb-Input jp-mlnb-ModelUri"
            value={champion}
            spellCheck={false}
            placeholder={EXAMPLE}
            aria-invalid={(champion !== '' && !isUri) || undefined}
            onChange={event => setChampion(event.target.value)}
          />
        </label>
        <Button
          label={trans.__('Compare on the same rows')}
          icon="compare"
          busy={compare.isPending}
          disabled={!isUri}
          onClick={() => compare.mutate(undefined)}
        />
      </form>
      {shown && <Comparison comparison={shown} />}
    </Section>
  );
}

export function Comparison(props: {
  comparison: IModelComparison;
}): JSX.Element {
  const { comparison } = props;
  const trans = useTrans();
  return (
    <div role="status">
      <p className="jp-mlnb-Champion-verdict">
        <State {...comparisonState(comparison.verdict, trans)} />{' '}
        <span className="jp-mlnb-Muted">
          {trans.__(
            'by %1, on the same %2 rows',
            comparison.primary,
            formatInteger(comparison.n_rows)
          )}
        </span>
        {comparison.champion_uri && (
          <code className="jp-mlnb-ModelUri">{comparison.champion_uri}</code>
        )}
      </p>
      {comparison.notes.map(note => (
        <p key={note} className="jp-mlnb-Muted">
          {note}
        </p>
      ))}
      <table
        className="jp-mlnb-Table"
        aria-label={trans.__('This model and the champion')}
      >
        <thead>
          <tr>
            <th scope="col">{trans.__('Metric')}</th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('This model')}
            </th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Champion')}
            </th>
            <th
              scope="col"
              className="jp-mod-numeric"
              title={trans.__('Turned so that more is better')}
            >
              {trans.__('Difference')}
            </th>
            <th scope="col">{trans.__('Interval')}</th>
            <th scope="col">{trans.__('Verdict')}</th>
          </tr>
        </thead>
        <tbody>
          {comparison.metrics.map(row => (
            <Row key={row.metric} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: IMetricComparison }): JSX.Element {
  const trans = useTrans();
  const format = alike(row.challenger, row.champion);
  return (
    <tr>
      <th scope="row">
        <bdi>{row.metric}</bdi>
      </th>
      <td className="jp-mod-numeric">{format(row.challenger)}</td>
      <td className="jp-mod-numeric">{format(row.champion)}</td>
      <td className="jp-mod-numeric">{differenceText(row.difference)}</td>
      <td className="jp-mlnb-Muted">{intervalText(row.lower, row.upper)}</td>
      <td>
        <State {...comparisonState(row.verdict, trans)} />
        {row.verdict === 'INCONCLUSIVE' && row.rows_needed !== undefined && (
          <div className="jp-mlnb-Muted">
            {trans._n(
              '%2 row would decide',
              '%2 rows would decide',
              row.rows_needed,
              formatInteger(row.rows_needed)
            )}
          </div>
        )}
      </td>
    </tr>
  );
}
