import * as React from 'react';
import { formatAddress } from '../address';
import { EmptyState } from '../components/EmptyState';
import { InsertButton } from '../components/InsertButton';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { formatCompact } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { endpointsQuery } from './queries';
import { endpointState } from './states';

/** All endpoints with their state and how much they were asked. */
export function EndpointsSection(): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const query = useApi(endpointsQuery());
  return (
    <QueryView
      query={query}
      isEmpty={data => data.length === 0}
      empty={
        <EmptyState
          icon="endpoint"
          title={trans.__('No endpoints yet')}
          text={trans.__(
            'A registered version becomes a REST address here, on this computer, in a process of its own.'
          )}
        >
          <InsertButton
            label={trans.__('Insert an example')}
            source="%deploy models:/main.default.my_model@champion --name my_model"
          />
        </EmptyState>
      }
    >
      {endpoints => (
        <List label={trans.__('Endpoints')}>
          {endpoints.map(endpoint => {
            const state = endpointState(endpoint.state, trans);
            return (
              <ListRow
                key={endpoint.name}
                icon="endpoint"
                tone={state.tone}
                name={endpoint.name}
                marks={<State {...state} title={endpoint.message} />}
                detail={trans.__(
                  '%1 version %2',
                  endpoint.model_name,
                  endpoint.model_version
                )}
                aside={trans.__('%1 asked', formatCompact(endpoint.requests))}
                onOpen={() =>
                  host.open(formatAddress('endpoint', endpoint.name))
                }
              />
            );
          })}
        </List>
      )}
    </QueryView>
  );
}

export default EndpointsSection;
