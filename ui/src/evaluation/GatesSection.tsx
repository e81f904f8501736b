import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import type { IGateReport } from '../api/types.registry';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { formatNumber } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { gateState } from '../registry/states';
import { gatesQuery } from '../run/queries';

/** The run held against its scope card: each line with what was seen, on which evidence, and how to mend it. */
export function GatesSection({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const scope = run.tags['mlnb.scope'];
  const query = useApi(gatesQuery(run.run_id));
  return (
    <Section
      title={trans.__('Gates')}
      aside={
        scope && (
          <Button
            label={trans.__('Scope card %1', scope)}
            icon="certified"
            kind="link"
            onClick={() => host.open(formatAddress('scope', scope))}
          />
        )
      }
    >
      <QueryView query={query}>
        {report => <Report report={report} />}
      </QueryView>
    </Section>
  );
}

function shown(value: unknown): string {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

/** What fails first, then what nobody knows, then the rest. */
const ORDER = ['fail', 'unknown', 'waived', 'pass'];

export function Report({ report }: { report: IGateReport }): JSX.Element {
  const trans = useTrans();
  const open = report.results.filter(
    one => one.status === 'fail' || one.status === 'unknown'
  ).length;
  const results = [...report.results].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status)
  );
  return (
    <>
      <p className="jp-mlnb-Gates-verdict">
        <State
          tone={report.passed ? 'good' : 'warn'}
          label={
            report.passed
              ? trans.__('The run does what the card asks.')
              : trans._n(
                  '%1 gate keeps it back.',
                  '%1 gates keep it back.',
                  open
                )
          }
        />
      </p>
      <table className="jp-mlnb-Table" aria-label={trans.__('Gates')}>
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
          {results.map((gate, i) => (
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
    </>
  );
}
