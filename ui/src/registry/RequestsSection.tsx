import * as React from 'react';
import { formatAddress } from '../address';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { modelsQuery } from './queries';

/** Models with open requests: what somebody has to decide. */
export function RequestsSection(): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const query = useApi(modelsQuery());
  return (
    <QueryView
      query={query}
      isEmpty={models => models.every(model => model.open_requests === 0)}
      empty={
        <EmptyState
          icon="check"
          title={trans.__('Nothing to decide')}
          text={trans.__(
            'Requests to move an alias or a stage arrive here, with the gates that speak for or against them.'
          )}
        />
      }
    >
      {models => (
        <List label={trans.__('Waiting for a decision')}>
          {models
            .filter(model => model.open_requests > 0)
            .map(model => (
              <ListRow
                key={model.name}
                icon="alert"
                tone="warn"
                name={model.name}
                detail={trans._n(
                  '%1 open request',
                  '%1 open requests',
                  model.open_requests
                )}
                onOpen={() =>
                  host.open(
                    formatAddress('model', model.name, {
                      query: { tab: 'requests' }
                    })
                  )
                }
              />
            ))}
        </List>
      )}
    </QueryView>
  );
}

export default RequestsSection;
