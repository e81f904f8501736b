import * as React from 'react';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { State } from '../components/State';
import { EmptyState } from '../components/EmptyState';
import { runsQuery } from '../experiments/queries';
import { formatNumber } from '../format';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { gateState } from '../registry/states';
import { checkQuery } from './queries';

/** What a run does of what the card asks, gate by gate. */
export function CheckTab(props: {
  name: string;
  run: string | undefined;
  onRun: (run: string | undefined) => void;
}): JSX.Element {
  const { name, run, onRun } = props;
  const trans = useTrans();
  const runs = useApi(
    runsQuery({
      columns: ['attributes.run_name', 'attributes.start_time'],
      order_by: ['attributes.start_time DESC'],
      limit: 30
    })
  );
  const names = runs.data?.columns.find(
    one => one.key === 'attributes.run_name'
  )?.values;
  const options = (runs.data?.ids ?? []).map((id, i) => ({
    value: id,
    label: `${String(names?.[i] ?? '')} ${id.slice(0, 8)}`.trim()
  }));
  return (
    <>
      <div className="jp-mlnb-ScopeCheck-bar">
        <Select
          label={trans.__('Run')}
          value={run ?? ''}
          options={[
            { value: '', label: trans.__('choose a run') },
            ...options,
            ...(run !== undefined && !options.some(one => one.value === run)
              ? [{ value: run, label: run }]
              : [])
          ]}
          onChange={value => onRun(value || undefined)}
        />
      </div>
      {run === undefined ? (
        <EmptyState
          icon="certified"
          title={trans.__('Does a run do what the card asks?')}
          text={trans.__(
            'Every line of the card that a gate reads is held against what the run recorded.'
          )}
        />
      ) : (
        <Report name={name} run={run} />
      )}
    </>
  );
}

function Report(props: { name: string; run: string }): JSX.Element {
  const trans = useTrans();
  const query = useApi(checkQuery(props.name, props.run));
  return (
    <QueryView query={query}>
      {report => (
        <>
          <p
            className={`jp-mlnb-Verdict jp-mod-${report.passed ? 'good' : 'warn'}`}
          >
            <State
              tone={report.passed ? 'good' : 'warn'}
              label={
                report.passed
                  ? trans.__('The run does what the card asks.')
                  : trans._n(
                      '%1 gate keeps it back.',
                      '%1 gates keep it back.',
                      report.results.filter(
                        one => one.status === 'fail' || one.status === 'unknown'
                      ).length
                    )
              }
            />
          </p>
          <table className="jp-mlnb-Table" aria-label={trans.__('Gates')}>
            <tbody>
              {report.results.map((gate, i) => (
                <tr key={`${gate.gate} ${i}`}>
                  <td>
                    <State {...gateState(gate.status, trans)} />
                  </td>
                  <th scope="row">
                    <code>{gate.gate}</code>
                  </th>
                  <td className="jp-mod-numeric">
                    {typeof gate.observed === 'number'
                      ? formatNumber(gate.observed)
                      : ''}
                  </td>
                  <td>
                    {gate.message}
                    {gate.status !== 'pass' && gate.hint && (
                      <div className="jp-mlnb-Muted">{gate.hint}</div>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </QueryView>
  );
}
