import * as React from 'react';
import { formatAddress } from '../address';
import type { IModelSummary } from '../api/types.registry';
import { EmptyState } from '../components/EmptyState';
import { InsertButton } from '../components/InsertButton';
import { List, ListRow } from '../components/ListRow';
import { QueryView } from '../components/QueryView';
import { Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { modelsQuery } from './queries';

/** All registered models, the one changed last first. */
export function ModelsSection(): JSX.Element {
  const trans = useTrans();
  const query = useApi(modelsQuery());
  return (
    <QueryView
      query={query}
      isEmpty={data => data.length === 0}
      empty={
        <EmptyState
          icon="model"
          title={trans.__('No registered models yet')}
          text={trans.__(
            'A model is registered from a run. From then on it has versions, aliases, approvals and a history.'
          )}
        >
          <InsertButton
            label={trans.__('Insert an example')}
            source="%register main.default.my_model --run @last"
          />
        </EmptyState>
      }
    >
      {models => (
        <List label={trans.__('Models')}>
          {[...models]
            .sort((a, b) => b.updated_at - a.updated_at)
            .map(model => (
              <ModelRow key={model.name} model={model} />
            ))}
        </List>
      )}
    </QueryView>
  );
}

function ModelRow({ model }: { model: IModelSummary }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const aliases = Object.entries(model.aliases);
  return (
    <ListRow
      icon="model"
      name={model.name}
      title={model.description}
      marks={
        model.open_requests > 0 && (
          <Tag
            tone="warn"
            label={trans._n('%1 request', '%1 requests', model.open_requests)}
          />
        )
      }
      detail={
        model.latest_version === undefined
          ? trans.__('no version')
          : [
              trans.__('version %1', model.latest_version),
              ...aliases.map(([alias, version]) => `@${alias} → ${version}`)
            ].join(' · ')
      }
      aside={<RelativeTime time={model.updated_at} />}
      onOpen={() => host.open(formatAddress('model', model.name))}
    />
  );
}

export default ModelsSection;
