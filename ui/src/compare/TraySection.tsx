import * as React from 'react';
import { formatAddress } from '../address';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { diffAddress, TRAY, trayQuery, useTray } from './tray';

/** The runs laid aside to be compared; two of them give a diff. */
export function TraySection(): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const query = useApi(trayQuery());
  const tray = useTray();
  return (
    <QueryView
      query={query}
      isEmpty={runs => runs.length === 0}
      empty={
        <EmptyState
          icon="compare"
          title={trans.__('Nothing to compare yet')}
          text={trans.__(
            'Add runs with the plus or the key c; two runs give a diff.'
          )}
        >
          <Button
            label={trans.__('Open all runs')}
            icon="table"
            onClick={() => host.open(formatAddress('runs', 'all'))}
          />
        </EmptyState>
      }
    >
      {runs => (
        <>
          <div className="jp-mlnb-Bar">
            <Button
              label={trans.__('Compare')}
              icon="compare"
              kind={runs.length > 1 ? 'accept' : 'plain'}
              disabled={runs.length < 2}
              onClick={() => host.open(formatAddress('compare', TRAY))}
            />
            {runs.length === 2 && (
              <Button
                label={trans.__('Diff')}
                icon="swap"
                onClick={() =>
                  host.open(diffAddress(runs[0].run_id, runs[1].run_id))
                }
              />
            )}
            <span className="jp-mlnb-Bar-space" />
            <Button
              label={trans.__('Empty the tray')}
              icon="close"
              iconOnly
              onClick={tray.clear}
            />
          </div>
          <List label={trans.__('Runs to compare')}>
            {runs.map(run => (
              <ListRow
                key={run.run_id}
                icon="run"
                name={run.name}
                title={run.run_id}
                onOpen={() => host.open(formatAddress('run', run.run_id))}
                actions={
                  <Button
                    label={trans.__('Take %1 out', run.name)}
                    icon="close"
                    iconOnly
                    onClick={() => tray.remove(run.run_id)}
                  />
                }
              />
            ))}
          </List>
        </>
      )}
    </QueryView>
  );
}

export default TraySection;
