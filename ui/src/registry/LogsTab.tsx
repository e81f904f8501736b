import * as React from 'react';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { QueryView } from '../components/QueryView';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { logsQuery } from './queries';

/** The last lines that the endpoint's process wrote. */
export function LogsTab({ name }: { name: string }): JSX.Element {
  const trans = useTrans();
  const query = useApi(logsQuery(name));
  return (
    <>
      <div className="jp-mlnb-Form">
        <Button
          icon="refresh"
          label={trans.__('Refresh')}
          busy={query.isFetching}
          onClick={() => void query.refetch()}
        />
      </div>
      <QueryView
        query={query}
        isEmpty={lines => lines.length === 0}
        empty={
          <EmptyState icon="file" title={trans.__('Nothing written yet')} />
        }
      >
        {lines => (
          <pre
            className="jp-mlnb-Log"
            tabIndex={0}
            role="log"
            aria-label={trans.__('Log of %1', name)}
          >
            {lines.join('\n')}
          </pre>
        )}
      </QueryView>
    </>
  );
}
