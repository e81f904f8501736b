import * as React from 'react';
import { formatAddress } from '../address';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { RelativeTime } from '../components/Time';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { InsertExample } from './InsertExample';
import { experimentsQuery } from './queries';

/** All experiments, the one with the latest run first. */
export function ExperimentsSection(): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const query = useApi(experimentsQuery());
  return (
    <QueryView
      query={query}
      isEmpty={data => data.length === 0}
      empty={
        <EmptyState
          icon="experiment"
          title={trans.__('No experiments yet')}
          text={trans.__(
            'Put %1 on the first line of a cell that trains a model: its code, data, parameters and metrics are recorded here.',
            '%%mlrun'
          )}
        >
          <InsertExample />
        </EmptyState>
      }
    >
      {experiments => (
        <List label={trans.__('Experiments')}>
          {[...experiments]
            .sort(
              (a, b) => (b.last_update_time ?? 0) - (a.last_update_time ?? 0)
            )
            .map(one => (
              <ListRow
                key={one.experiment_id}
                icon="experiment"
                name={one.name}
                detail={trans._n('%1 run', '%1 runs', one.runs)}
                aside={
                  one.last_update_time !== undefined && (
                    <RelativeTime time={one.last_update_time} />
                  )
                }
                onOpen={() =>
                  host.open(formatAddress('experiment', one.experiment_id))
                }
              />
            ))}
        </List>
      )}
    </QueryView>
  );
}

export default ExperimentsSection;
