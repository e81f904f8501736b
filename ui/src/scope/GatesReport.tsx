import * as React from 'react';
import { formatAddress } from '../address';
import type { Cell } from '../api/types';
import type { IGateReport, IGateResult } from '../api/types.registry';
import { Button } from '../components/Button';
import { State } from '../components/State';
import type { IStateProps } from '../components/State';
import { formatCell, formatNumber } from '../format';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';

/** A gate's verdict in words and colour. */
function gateState(status: string, trans: ITrans): IStateProps {
  switch (status) {
    case 'pass':
      return { tone: 'good', label: trans.__('Pass') };
    case 'fail':
      return { tone: 'bad', label: trans.__('Fail') };
    case 'waived':
      return { tone: 'idle', label: trans.__('Waived') };
    default:
      return { tone: 'warn', label: trans.__('Unknown') };
  }
}

function keepsBack(gate: IGateResult): boolean {
  return gate.status !== 'pass' && gate.status !== 'waived';
}

/** The verdict on a run or a version, and each gate it rests on. */
export function GatesReport({ report }: { report: IGateReport }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const { passed, results, scope_name: scope, scope_version: version } = report;
  return (
    <div className="jp-mlnb-Gates">
      <p
        className={`jp-mlnb-Verdict jp-mod-${passed ? 'good' : 'warn'}`}
        role="status"
      >
        <State
          tone={passed ? 'good' : 'warn'}
          label={
            passed
              ? trans.__('All gates pass.')
              : trans._n(
                  '%1 gate keeps it back.',
                  '%1 gates keep it back.',
                  results.filter(keepsBack).length
                )
          }
        />
        {scope && (
          <Button
            label={
              version === undefined
                ? trans.__('Scope card %1', scope)
                : trans.__('Scope card %1, version %2', scope, version)
            }
            icon="certified"
            kind="link"
            onClick={() => host.open(formatAddress('scope', scope))}
          />
        )}
      </p>
      {results.length > 0 && <GatesTable gates={results} />}
    </div>
  );
}

/** What fails first, then what nobody knows, then the rest. */
const ORDER = ['fail', 'unknown', 'waived', 'pass'];

/** Gates with what was seen, what was asked for, on which evidence, and how to mend it. */
export function GatesTable(props: {
  gates: readonly IGateResult[];
  label?: string;
}): JSX.Element {
  const trans = useTrans();
  const gates = [...props.gates].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status)
  );
  return (
    <table
      className="jp-mlnb-Table"
      aria-label={props.label ?? trans.__('Gates')}
    >
      <thead>
        <tr>
          <th scope="col">{trans.__('State')}</th>
          <th scope="col">{trans.__('Gate')}</th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Seen')}
          </th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Asked for')}
          </th>
          <th scope="col">{trans.__('Why')}</th>
        </tr>
      </thead>
      <tbody>
        {gates.map((gate, i) => (
          <tr key={`${gate.gate} ${i}`}>
            <td>
              <State {...gateState(gate.status, trans)} />
            </td>
            <th scope="row">
              <code>{gate.gate}</code>
            </th>
            <td className="jp-mod-numeric">{shown(gate.observed)}</td>
            <td className="jp-mod-numeric">{shown(gate.required)}</td>
            <td>
              {gate.message}
              {gate.evidence && (
                <div className="jp-mlnb-Muted">
                  {trans.__('Evidence:')} <bdi>{gate.evidence}</bdi>
                </div>
              )}
              {gate.status !== 'pass' && gate.hint && (
                <div className="jp-mlnb-Muted">{gate.hint}</div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shown(value: Cell | undefined): string {
  return typeof value === 'number'
    ? formatNumber(value)
    : formatCell(value ?? null);
}
