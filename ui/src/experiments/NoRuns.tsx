import * as React from 'react';
import { formatAddress } from '../address';
import type { IRunSearch } from '../api/types.runs';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { useHost, useTrans } from '../host';
import { InsertExample } from './InsertExample';

/** What stands in place of the table when the search finds nothing. */
export function NoRuns({ search }: { search: IRunSearch }): JSX.Element {
  const trans = useTrans();
  const host = useHost();
  if (search.deleted) {
    return (
      <EmptyState
        icon="trash"
        title={trans.__('The trash is empty')}
        text={trans.__(
          'Runs that are thrown away lie here for a while and can be restored.'
        )}
      />
    );
  }
  return search.filter || search.state ? (
    <EmptyState icon="search" title={trans.__('No run fulfils this filter')} />
  ) : (
    <EmptyState
      icon="run"
      title={trans.__('No runs yet')}
      text={trans.__(
        'Put %1 on the first line of a cell that trains a model, and run it.',
        '%%mlrun'
      )}
    >
      <InsertExample />
      <Button
        label={trans.__('Open all runs')}
        onClick={() => host.open(formatAddress('runs', 'all'))}
      />
    </EmptyState>
  );
}
