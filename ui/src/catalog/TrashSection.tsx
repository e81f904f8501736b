import * as React from 'react';
import type { IDropped } from '../api/types';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { formatRelative } from '../format';
import { useApi } from '../hooks/useApi';
import { useNow } from '../hooks/useNow';
import { useHost, useTrans } from '../host';
import { trashQuery } from './queries';
import { kindIcon } from './RecentSection';
import { bringBack } from './useObjectActions';

const DAY = 86_400_000;

/** What was dropped and can come back. */
export function TrashSection(): JSX.Element {
  const trans = useTrans();
  const trash = useApi(trashQuery());
  const now = useNow();
  return (
    <QueryView
      query={trash}
      isEmpty={items => items.length === 0}
      empty={
        <EmptyState
          icon="trash"
          title={trans.__('The trash is empty')}
          text={trans.__(
            'What is dropped stays here for some days and can be brought back.'
          )}
        />
      }
    >
      {items => (
        <List label={trans.__('Trash')}>
          {items.map(item => (
            <Row key={`${item.kind}:${item.full_name}`} item={item} now={now} />
          ))}
        </List>
      )}
    </QueryView>
  );
}

function Row(props: { item: IDropped; now: number }): JSX.Element {
  const { item, now } = props;
  const host = useHost();
  const trans = useTrans();
  const [busy, setBusy] = React.useState(false);
  const restore = (): void => {
    setBusy(true);
    void bringBack(host, host.api, item.kind, item.full_name).finally(() =>
      setBusy(false)
    );
  };
  const days = Math.max(0, Math.ceil((item.until - now) / DAY));
  return (
    <ListRow
      icon={kindIcon(item.kind)}
      name={item.full_name}
      detail={trans._n(
        'dropped %2 by %3, kept for %1 more day',
        'dropped %2 by %3, kept for %1 more days',
        days,
        formatRelative(item.dropped_at, now),
        item.dropped_by
      )}
      title={item.full_name}
      onOpen={restore}
      actions={
        <Button
          label={trans.__('Restore %1', item.full_name)}
          icon="history"
          iconOnly
          busy={busy}
          onClick={restore}
        />
      }
    />
  );
}

export default TrashSection;
