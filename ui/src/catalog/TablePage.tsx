import * as React from 'react';
import { ApiError } from '../api/errors';
import type { ITable } from '../api/types';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Facts } from '../components/Facts';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { Tag } from '../components/State';
import { Tabs } from '../components/Tabs';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { formatBytes, formatInteger } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { GrantsTab } from './GrantsTab';
import { HistoryTab } from './HistoryTab';
import { InsightsTab } from './InsightsTab';
import { LineageTab } from './LineageTab';
import { PreviewTab } from './PreviewTab';
import { tableQuery, trashQuery } from './queries';
import { SchemaTab, useRefresh } from './SchemaTab';
import { Badge, CertifyButton, Description } from './TableHeader';
import { objectKind, objectQuery } from './tableQueries';
import { useTableActions } from './useTableActions';

/** Much to draw, and seldom the first thing looked at. */
const ProfileTab = React.lazy(() => import('../profile/ProfileTab'));

/** One table: its rows, columns, history, lineage, rights and use. */
export function TablePage(props: IDocumentProps): JSX.Element {
  const query = useApi(tableQuery(props.name));
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return <GoneTable name={props.name} hint={query.error.hint} />;
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={8} />}>
      {table => <LoadedTable {...props} table={table} />}
    </QueryView>
  );
}

/** A table that is not there, or in the trash and can be brought back. */
function GoneTable(props: { name: string; hint: string | null }): JSX.Element {
  const { name, hint } = props;
  const trans = useTrans();
  const trash = useApi(trashQuery());
  const dropped = trash.data?.find(one => one.full_name === name);
  const refresh = useRefresh(name);
  const undrop = useAction(
    api => api.catalog.undrop(dropped?.kind ?? 'table', name),
    refresh
  );
  return (
    <EmptyState
      icon="table"
      title={
        dropped
          ? trans.__('%1 is in the trash', name)
          : trans.__('There is no table %1', name)
      }
      text={
        dropped
          ? trans.__('It comes back with its history, tags and grants.')
          : (hint ?? trans.__('It was dropped or renamed.'))
      }
    >
      {dropped && (
        <Button
          label={trans.__('Bring it back')}
          icon="history"
          kind="accept"
          busy={undrop.isPending}
          onClick={() => undrop.mutate(undefined)}
        />
      )}
    </EmptyState>
  );
}

function LoadedTable(props: IDocumentProps & { table: ITable }): JSX.Element {
  const { table, query, onQuery } = props;
  const trans = useTrans();
  const kind = objectKind(table.table_type);
  const { data: object } = useApi(objectQuery(kind, table.full_name));
  const { insert, copyName } = useTableActions();
  const version =
    query.version === undefined ? undefined : Number(query.version);
  const tabs = tabsOf(table, trans);
  const tab = tabs.find(one => one.id === query.tab)?.id ?? 'preview';
  const isView = kind === 'view';
  return (
    <Page
      icon={isView ? 'view' : 'table'}
      place={`${table.catalog_name} / ${table.schema_name}`}
      title={table.name}
      description={<Description table={table} object={object} />}
      marks={
        <>
          <Badge certification={object?.certification} />
          {isView ? (
            <Tag label={trans.__('view')} />
          ) : version === undefined ? (
            <Tag label={trans.__('version %1', table.version)} icon="version" />
          ) : (
            <Tag
              label={trans.__('version %1 of %2', version, table.version)}
              icon="history"
              tone="warn"
            />
          )}
        </>
      }
      facts={<Facts facts={tableFacts(table, trans)} />}
      actions={
        <>
          <CertifyButton table={table} object={object} />
          <Button
            label={trans.__('Copy name')}
            icon="copy"
            onClick={() => copyName(table.full_name)}
          />
          {insert && (
            <Button
              label={trans.__('Insert cell')}
              icon="insert"
              kind="accept"
              title={trans.__('Insert a cell that loads this table')}
              onClick={() => insert(table.full_name, undefined, version)}
            />
          )}
        </>
      }
    >
      <Tabs
        label={table.full_name}
        tabs={tabs}
        current={tab}
        onSelect={id => onQuery({ tab: id === 'preview' ? undefined : id })}
      >
        {content()}
      </Tabs>
    </Page>
  );

  function content(): JSX.Element {
    switch (tab) {
      case 'schema':
        return <SchemaTab table={table} object={object} />;
      case 'profile':
        return (
          <React.Suspense fallback={<Skeleton kind="page" rows={8} />}>
            <ProfileTab
              table={table}
              version={version}
              query={query}
              onQuery={onQuery}
            />
          </React.Suspense>
        );
      case 'history':
        return (
          <HistoryTab
            table={table}
            version={version}
            compare={query.compare}
            restoring={query.restore !== undefined}
            onQuery={onQuery}
            onPick={picked =>
              onQuery({
                tab: undefined,
                version: picked === table.version ? undefined : String(picked)
              })
            }
          />
        );
      case 'lineage':
        return (
          <LineageTab
            kind={kind}
            name={table.full_name}
            query={query}
            onQuery={onQuery}
          />
        );
      case 'grants':
        return <GrantsTab kind={kind} name={table.full_name} />;
      case 'insights':
        return <InsightsTab name={table.full_name} />;
      default:
        return (
          <PreviewTab
            table={table}
            version={version}
            query={query}
            onQuery={onQuery}
          />
        );
    }
  }
}

function tabsOf(
  table: ITable,
  trans: ITrans
): { id: string; label: string; count?: number }[] {
  return [
    { id: 'preview', label: trans.__('Preview') },
    { id: 'schema', label: trans.__('Schema'), count: table.columns.length },
    { id: 'profile', label: trans.__('Profile') },
    // A view has no versions of its own.
    ...(objectKind(table.table_type) === 'view'
      ? []
      : [{ id: 'history', label: trans.__('History') }]),
    { id: 'lineage', label: trans.__('Lineage') },
    { id: 'grants', label: trans.__('Grants') },
    { id: 'insights', label: trans.__('Used by') }
  ];
}

function tableFacts(
  table: ITable,
  trans: ITrans
): { label: string; value: React.ReactNode; title?: string }[] {
  const facts = [
    table.num_rows !== undefined && {
      label: trans.__('Rows'),
      value: formatInteger(table.num_rows)
    },
    { label: trans.__('Columns'), value: formatInteger(table.columns.length) },
    table.size_bytes !== undefined &&
      table.table_type !== 'VIEW' && {
        label: trans.__('Size'),
        value: formatBytes(table.size_bytes),
        title:
          table.num_files === undefined
            ? undefined
            : trans._n('in %1 file', 'in %1 files', table.num_files)
      },
    {
      label: trans.__('Changed'),
      value: <RelativeTime time={table.updated_at} />
    },
    { label: trans.__('Owner'), value: <bdi>{table.owner}</bdi> },
    table.primary_key.length > 0 && {
      label: trans.__('Key'),
      value: <bdi className="jp-mlnb-Mono">{table.primary_key.join(', ')}</bdi>
    }
  ];
  return facts.filter(fact => fact !== false);
}

export default TablePage;
