import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IModel } from '../api/types.registry';
import { EmptyState } from '../components/EmptyState';
import { Facts } from '../components/Facts';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { Tag } from '../components/State';
import { Tabs } from '../components/Tabs';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { ActivityTab } from './ActivityTab';
import { modelQuery } from './queries';
import { RequestsTab } from './RequestsTab';
import { splitName } from './states';
import { VersionsTab } from './VersionsTab';

/** One registered model: its versions, what is asked for, and what happened. */
export function ModelPage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(modelQuery(props.name));
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="model"
        title={trans.__('There is no model %1', props.name)}
        text={query.error.hint ?? trans.__('It was deleted or renamed.')}
      />
    );
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={8} />}>
      {model => <LoadedModel {...props} model={model} />}
    </QueryView>
  );
}

function LoadedModel(props: IDocumentProps & { model: IModel }): JSX.Element {
  const { model, query, onQuery, onTitle } = props;
  const trans = useTrans();
  const { place, last } = splitName(model.name);
  React.useEffect(() => onTitle(last), [onTitle, last]);
  const open = model.requests.filter(one => one.state === 'open');
  const tabs = [
    {
      id: 'versions',
      label: trans.__('Versions'),
      count: model.versions.length
    },
    {
      id: 'requests',
      label: trans.__('Requests'),
      count: open.length || undefined
    },
    { id: 'activity', label: trans.__('Activity') }
  ];
  const tab = tabs.find(one => one.id === query.tab)?.id ?? 'versions';
  return (
    <Page
      icon="model"
      place={place}
      title={last}
      marks={Object.entries(model.aliases).map(([alias, version]) => (
        <Tag
          key={alias}
          tone="accent"
          label={`@${alias} → ${version}`}
          title={trans.__('The alias %1 names version %2', alias, version)}
        />
      ))}
      description={model.description}
      facts={
        <Facts
          facts={[
            { label: trans.__('Versions'), value: model.versions.length },
            { label: trans.__('Open requests'), value: open.length },
            {
              label: trans.__('Created'),
              value: <RelativeTime time={model.created_at} />
            },
            {
              label: trans.__('Changed'),
              value: <RelativeTime time={model.updated_at} />
            }
          ]}
        />
      }
    >
      <Tabs
        label={model.name}
        tabs={tabs}
        current={tab}
        onSelect={id => onQuery({ tab: id === 'versions' ? undefined : id })}
      >
        <div className="jp-mlnb-Scroll">
          {tab === 'requests' ? (
            <RequestsTab model={model} />
          ) : tab === 'activity' ? (
            <ActivityTab name={model.name} />
          ) : (
            <VersionsTab model={model} />
          )}
        </div>
      </Tabs>
    </Page>
  );
}

export default ModelPage;
