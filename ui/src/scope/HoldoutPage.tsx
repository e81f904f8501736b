import * as React from 'react';
import { EmptyState } from '../components/EmptyState';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import type { IDocumentProps } from '../document';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { HoldoutView } from './HoldoutView';
import { holdoutsQuery } from './queries';

/** A hold-out that belongs to no card. */
export function HoldoutPage(props: IDocumentProps): JSX.Element {
  const { name, onTitle } = props;
  const trans = useTrans();
  const query = useApi(holdoutsQuery());
  const holdout = query.data?.find(one => one.id === name);
  const table = holdout?.table_name;
  React.useEffect(() => {
    if (table !== undefined) {
      onTitle(table.split('.').pop() ?? table);
    }
  }, [table, onTitle]);
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" />}>
      {() =>
        holdout ? (
          <Page
            icon="lock"
            title={holdout.table_name}
            place={trans.__('Hold-out')}
          >
            <div className="jp-mlnb-Scroll">
              <HoldoutView
                holdout={holdout}
                onChanged={() => void query.refetch()}
              />
            </div>
          </Page>
        ) : (
          <EmptyState
            icon="lock"
            title={trans.__('There is no such hold-out')}
            text={trans.__('Its table was dropped, or it never was.')}
          />
        )
      }
    </QueryView>
  );
}

export default HoldoutPage;
