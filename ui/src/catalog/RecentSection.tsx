import * as React from 'react';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import type { IconName } from '../components/Icon';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { RECENT, rememberedQuery, usePins } from './usePins';
import type { IRemembered } from './usePins';

const ICONS: Record<string, IconName> = {
  catalog: 'catalog',
  schema: 'schema',
  table: 'table',
  view: 'view',
  volume: 'volume',
  function: 'function',
  model: 'model',
  version: 'version',
  run: 'run',
  experiment: 'experiment',
  endpoint: 'endpoint',
  monitor: 'monitor',
  job: 'job',
  'job-run': 'job'
};

/** The picture of an object of any kind. */
export function kindIcon(kind: string): IconName {
  return ICONS[kind] ?? 'file';
}

/** What was pinned, then what was opened last, in whichever browser. */
export function RecentSection(): JSX.Element {
  const trans = useTrans();
  const pins = usePins();
  const recent = useApi(rememberedQuery(RECENT));
  return (
    <QueryView
      query={recent}
      isEmpty={data => data.length + pins.items.length === 0}
      empty={
        <EmptyState
          icon="history"
          title={trans.__('Nothing opened yet')}
          text={trans.__(
            'What you open is listed here; pin what you want to keep at hand.'
          )}
        />
      }
    >
      {data => (
        <List label={trans.__('Recent and pinned')}>
          {pins.items.map(item => (
            <Row key={item.address} item={item} pinned toggle={pins.toggle} />
          ))}
          {data
            .filter(item => !pins.has(item.address))
            .map(item => (
              <Row key={item.address} item={item} toggle={pins.toggle} />
            ))}
        </List>
      )}
    </QueryView>
  );
}

function Row(props: {
  item: IRemembered;
  pinned?: boolean;
  toggle: (item: IRemembered) => void;
}): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const { item, pinned } = props;
  const parts = item.name.split('.');
  return (
    <ListRow
      icon={kindIcon(item.kind)}
      name={parts[parts.length - 1]}
      aside={
        <span className="jp-mlnb-Recent-place">
          <bdi>{parts.slice(0, -1).join('.')}</bdi>
        </span>
      }
      title={item.name}
      onOpen={() => host.open(item.address)}
      pinned={pinned}
      actions={
        <Button
          label={
            pinned
              ? trans.__('Unpin %1', item.name)
              : trans.__('Pin %1', item.name)
          }
          icon="pin"
          iconOnly
          pressed={Boolean(pinned)}
          onClick={() => props.toggle(item)}
        />
      }
    />
  );
}

export default RecentSection;
