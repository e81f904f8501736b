import * as React from 'react';
import { formatAddress } from '../address';
import type { IDecision, IWindowVerdict } from '../api/types.monitors';
import { Button } from '../components/Button';
import { Pairs } from '../components/Facts';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import { formatDate } from '../format';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { Evidence } from './Evidence';
import { decisionState } from './states';
import { figure, metricName } from './words';

interface IEvidenceAlert {
  name: string;
  metric: string;
  direction?: string;
  threshold: number;
  value?: number;
  windows?: IWindowVerdict[];
}

/** Whether the model was to be trained again, with what each decision rests on. */
export function DecisionList(props: {
  decisions: readonly IDecision[];
}): JSX.Element {
  const trans = useTrans();
  if (props.decisions.length === 0) {
    return (
      <p className="jp-mlnb-Muted">
        {trans.__(
          'Nothing was decided yet. A decision weighs the alerts and is kept with its evidence.'
        )}
      </p>
    );
  }
  return (
    <ol className="jp-mlnb-Feed" aria-label={trans.__('Decisions')}>
      {props.decisions.map(decision => (
        <li key={decision.id}>
          <Decision decision={decision} />
        </li>
      ))}
    </ol>
  );
}

function Decision({ decision }: { decision: IDecision }): JSX.Element {
  const trans = useTrans();
  const { evidence } = decision;
  const alerts = alertsOf(evidence);
  const pairs = pairsOf(evidence, trans);
  return (
    <>
      <div className="jp-mlnb-Feed-line">
        <State {...decisionState(decision.decision, trans)} />
        <span>{decision.reason}</span>
        <span className="jp-mlnb-Feed-time">
          <bdi>{decision.decided_by}</bdi> ·{' '}
          <RelativeTime time={decision.time} />
        </span>
      </div>
      {(alerts.length > 0 || pairs.length > 0) && (
        <details className="jp-mlnb-Evidence">
          <summary>{trans.__('Evidence')}</summary>
          {pairs.length > 0 && (
            <Pairs
              label={trans.__('What the decision rests on')}
              pairs={pairs}
            />
          )}
          {alerts.map(alert => (
            <div key={alert.name}>
              <p>
                <bdi>{alert.name}</bdi>
                {': '}
                {metricName(alert.metric, trans)}{' '}
                {alert.value !== undefined && figure(alert.value)}
              </p>
              {alert.windows && alert.windows.length > 0 && (
                <Evidence
                  label={trans.__('What %1 saw then', alert.name)}
                  windows={alert.windows}
                  limit={alert.threshold}
                />
              )}
            </div>
          ))}
        </details>
      )}
    </>
  );
}

function alertsOf(evidence: Record<string, unknown>): IEvidenceAlert[] {
  return Array.isArray(evidence.alerts)
    ? (evidence.alerts as IEvidenceAlert[])
    : [];
}

function pairsOf(
  evidence: Record<string, unknown>,
  trans: ITrans
): [string, React.ReactNode][] {
  return Object.entries(evidence).flatMap<[string, React.ReactNode]>(
    ([key, value]) => {
      switch (key) {
        case 'alerts':
          return [];
        case 'model':
          return [
            [trans.__('Model'), <Model key={key} name={String(value)} />]
          ];
        case 'as_of':
          return [[trans.__('Data up to'), formatDate(Number(value))]];
        case 'job_id':
          return [[trans.__('Job'), String(value)]];
        case 'versions':
          return [[trans.__('Table versions'), versions(value)]];
        default:
          return [[key, plain(value)]];
      }
    }
  );
}

function versions(value: unknown): string {
  return Object.entries((value ?? {}) as Record<string, unknown>)
    .filter(([, version]) => version !== null && version !== undefined)
    .map(([name, version]) => `${name} ${plain(version)}`)
    .join(' · ');
}

function plain(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** `main.ml.flights/3` leads to the model. */
function Model({ name }: { name: string }): JSX.Element {
  const host = useHost();
  const [model] = name.split('/');
  return model.split('.').length === 3 ? (
    <Button
      label={name}
      icon="model"
      kind="link"
      onClick={() => host.open(formatAddress('model', model))}
    />
  ) : (
    <bdi>{name}</bdi>
  );
}
