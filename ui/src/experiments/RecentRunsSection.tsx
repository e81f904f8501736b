import * as React from 'react';
import { formatAddress } from '../address';
import type { IRunSearch } from '../api/types.runs';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { RelativeTime } from '../components/Time';
import { formatDuration, formatNumber } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { rowsOf, runState, shortKey } from './rows';
import type { IRunRow } from './rows';
import { runBlockQuery } from './runsQueries';
import { byGoals, useGoals } from './useGoals';

const RECENT: IRunSearch = {
  order_by: ['attributes.start_time DESC'],
  offset: 0,
  limit: 20
};

/** The newest runs of all experiments; a run made in a cell appears here by itself. */
export function RecentRunsSection(): JSX.Element {
  const trans = useTrans();
  const goals = useGoals();
  const query = useApi(runBlockQuery(RECENT), { keep: true });
  return (
    <QueryView
      query={query}
      isEmpty={page => page.ids.length === 0}
      empty={
        <EmptyState
          icon="run"
          title={trans.__('No runs yet')}
          text={trans.__('Runs appear here while they are made, newest first.')}
        />
      }
    >
      {page => (
        <List label={trans.__('Recent runs')}>
          {rowsOf(page).map(row => (
            <RunRow key={row.id} row={row} goals={goals.names} />
          ))}
        </List>
      )}
    </QueryView>
  );
}

function RunRow(props: {
  row: IRunRow;
  goals: readonly string[];
}): JSX.Element {
  const { row, goals } = props;
  const host = useHost();
  const trans = useTrans();
  const start = row.cells['attributes.start_time'];
  const end = row.cells['attributes.end_time'];
  const state = runState(row.cells['attributes.status'] ?? null, trans);
  const metrics = Object.entries(row.cells).filter(
    ([key, value]) => key.startsWith('metrics.') && typeof value === 'number'
  );
  const [metric] = byGoals(metrics, goals, ([key]) => shortKey(key));
  return (
    <ListRow
      name={String(row.cells['attributes.run_name'] ?? row.id)}
      tone={state.tone}
      title={state.label}
      marks={
        row.cells['attributes.status'] !== 'FINISHED' && (
          <span className={`jp-mlnb-Tone jp-mod-${state.tone}`}>
            {state.label}
          </span>
        )
      }
      detail={
        <>
          {typeof start === 'number' && <RelativeTime time={start} />}
          {typeof start === 'number' && typeof end === 'number' && (
            <> · {formatDuration(end - start)}</>
          )}
        </>
      }
      aside={
        metric && (
          <span className="jp-mlnb-Figure">
            <small>{shortKey(metric[0])}</small>
            {formatNumber(metric[1] as number)}
          </span>
        )
      }
      onOpen={() => host.open(formatAddress('run', row.id))}
    />
  );
}

export default RecentRunsSection;
