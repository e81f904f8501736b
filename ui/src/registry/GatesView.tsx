import * as React from 'react';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { formatNumber } from '../format';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { useDebounced } from '../hooks/useDebounced';
import { gatesQuery } from './queries';
import { gateState } from './states';

/** What speaks for and against moving a version: each gate with what was observed and required. */
export function GatesView(props: {
  model: string;
  version: number | string;
  to: string;
}): JSX.Element {
  const trans = useTrans();
  const to = useDebounced(props.to, 300);
  const query = useApi(gatesQuery(props.model, props.version, to), {
    keep: true
  });
  return (
    <QueryView query={query}>
      {report => (
        <div className="jp-mlnb-Gates">
          <p className="jp-mlnb-Gates-verdict">
            <State
              tone={report.passed ? 'good' : 'warn'}
              label={
                report.passed
                  ? trans.__('All gates pass')
                  : trans._n(
                      '%1 gate is not passed',
                      '%1 gates are not passed',
                      report.results.filter(
                        one => one.status === 'fail' || one.status === 'unknown'
                      ).length
                    )
              }
            />
            {report.scope_name && (
              <span className="jp-mlnb-Table-note">
                {trans.__(
                  'judged by scope %1, version %2',
                  report.scope_name,
                  report.scope_version ?? ''
                )}
              </span>
            )}
          </p>
          <table className="jp-mlnb-Table" aria-label={trans.__('Gates')}>
            <tbody>
              {report.results.map(gate => (
                <tr key={gate.gate}>
                  <td>
                    <State {...gateState(gate.status, trans)} />
                  </td>
                  <th scope="row">{gate.gate}</th>
                  <td className="jp-mod-numeric">{text(gate.observed)}</td>
                  <td>
                    {gate.message}
                    {gate.status !== 'pass' && gate.hint && (
                      <div className="jp-mlnb-Table-note">{gate.hint}</div>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </QueryView>
  );
}

function text(value: unknown): string {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'number' ? formatNumber(value) : String(value);
}
