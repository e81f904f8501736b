import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import type { IEvaluationResult } from '../api/types.evaluation';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import { InsertButton } from '../components/InsertButton';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { RelativeTime } from '../components/Time';
import { useGoals } from '../experiments/useGoals';
import { formatInteger, formatRelative } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { evaluationsQuery } from '../run/queries';
import { GatesTable } from '../scope/GatesReport';
import { CardSection } from './CardSection';
import { ChampionSection } from './ChampionSection';
import { CurvesSection } from './CurvesSection';
import { FairnessSection } from './FairnessSection';
import { GatesSection } from './GatesSection';
import { Importances } from './Importances';
import { MetricsTable } from './MetricsTable';
import { SlicesSection } from './SlicesSection';
import { ThresholdSection } from './ThresholdSection';
import { Worst } from './Worst';

export interface IEvaluationTabProps {
  run: IRun;
  /** Which evaluation is shown; the newest by default. */
  chosen?: string;
  onChoose?: (id: string) => void;
}

/** How good the run's model is: overall, where it is worst, for whom, against the champion and against what was asked. */
export function EvaluationTab(props: IEvaluationTabProps): JSX.Element {
  const { run } = props;
  const trans = useTrans();
  const query = useApi(evaluationsQuery(run.run_id));
  return (
    <QueryView
      query={query}
      isEmpty={found => found.length === 0}
      empty={
        <>
          <EmptyState
            icon="certified"
            title={trans.__('Not evaluated yet')}
            text={trans.__(
              'An evaluation measures the model with intervals, finds the slice in which it is worst, and holds it against the scope card.'
            )}
          >
            <InsertButton
              label={trans.__('Insert it')}
              source={evaluateCell(run)}
            />
          </EmptyState>
          <Judged run={run} />
        </>
      }
    >
      {found => <Evaluations {...props} found={found} />}
    </QueryView>
  );
}

/** A cell that evaluates the run's first model on what it read. */
function evaluateCell(run: IRun): string {
  const table = run.data.find(
    one => one.kind === 'table' && one.direction === 'read'
  );
  return `%evaluate ${run.models[0]?.uri ?? 'MODEL'} --data ${table?.name ?? 'TABLE'} --target TARGET`;
}

function Judged({ run }: { run: IRun }): JSX.Element {
  return (
    <>
      {run.tags['mlnb.scope'] && <GatesSection run={run} />}
      <CardSection run={run} />
    </>
  );
}

function Evaluations(
  props: IEvaluationTabProps & { found: readonly IEvaluationResult[] }
): JSX.Element {
  const { run, found, chosen, onChoose } = props;
  const trans = useTrans();
  const [own, setOwn] = React.useState(found[0].id);
  const current = found.find(one => one.id === (chosen ?? own)) ?? found[0];
  return (
    <>
      {found.length > 1 && (
        <div className="jp-mlnb-Bar jp-mlnb-Evaluation-bar">
          <Select
            label={trans.__('Evaluation')}
            value={current.id}
            options={found.map(one => ({
              value: one.id,
              label: `${titleOf(one)}, ${formatRelative(one.created_at, Date.now())}`
            }))}
            onChange={id => {
              setOwn(id);
              onChoose?.(id);
            }}
          />
        </div>
      )}
      <Evaluation key={current.id} run={run} evaluation={current} />
    </>
  );
}

function titleOf(evaluation: IEvaluationResult): string {
  const { data, data_version: version } = evaluation;
  return version === undefined ? data : `${data}@${version}`;
}

function Evaluation(props: {
  run: IRun;
  evaluation: IEvaluationResult;
}): JSX.Element {
  const { run, evaluation } = props;
  const host = useHost();
  const { trans } = host;
  const goals = useGoals();
  const { data, data_version: version } = evaluation;
  const isTable = data.split('.').length === 3;
  return (
    <>
      <Section
        title={trans.__('On %1', data)}
        aside={
          <>
            <span className="jp-mlnb-Muted">
              {trans._n(
                '%2 row',
                '%2 rows',
                evaluation.n_rows,
                formatInteger(evaluation.n_rows)
              )}{' '}
              · <RelativeTime time={evaluation.created_at} />
            </span>
            {isTable && (
              <Button
                label={
                  version === undefined
                    ? trans.__('Open the data')
                    : trans.__('Open version %1', version)
                }
                icon="table"
                kind="link"
                onClick={() =>
                  host.open(
                    formatAddress('table', data, {
                      query: {
                        version:
                          version === undefined ? undefined : String(version)
                      }
                    })
                  )
                }
              />
            )}
          </>
        }
      >
        <Notes evaluation={evaluation} />
        <Worst evaluation={evaluation} />
        <MetricsTable evaluation={evaluation} goals={goals.names} />
      </Section>
      {evaluation.validation !== undefined &&
        evaluation.validation.length > 0 && (
          <Section title={trans.__('Limits')}>
            <GatesTable
              gates={evaluation.validation}
              label={trans.__('What the limits asked for')}
            />
          </Section>
        )}
      {evaluation.slices.length > 0 && (
        <SlicesSection evaluation={evaluation} goals={goals.names} />
      )}
      {evaluation.fairness.length > 0 && (
        <FairnessSection evaluation={evaluation} />
      )}
      {run.tags['mlnb.scope'] && <GatesSection run={run} />}
      <ChampionSection run={run} evaluation={evaluation} />
      {hasThreshold(evaluation) && <ThresholdSection evaluation={evaluation} />}
      <CurvesSection curves={evaluation.curves} />
      <Importances rows={evaluation.importances ?? []} />
      <CardSection run={run} />
    </>
  );
}

/** Whether a threshold can be chosen: by probabilities of two classes, and not on held-out rows, which it would be fitted to. */
function hasThreshold(evaluation: IEvaluationResult): boolean {
  const { curves, look, model_type: kind } = evaluation;
  return (
    kind.startsWith('classif') &&
    look === undefined &&
    (curves.length === 0 || curves.some(one => one.name === 'Calibration'))
  );
}

/** What makes the numbers less than they seem: rows left out, looks at held-out rows. */
function Notes({ evaluation }: { evaluation: IEvaluationResult }): JSX.Element {
  return (
    <>
      {[...new Set(evaluation.notes)].map(note => (
        <p key={note} className="jp-mlnb-RunNote" role="note">
          <Icon name="info" />
          {note}
        </p>
      ))}
    </>
  );
}
