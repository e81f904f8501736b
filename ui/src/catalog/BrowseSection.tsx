import * as React from 'react';
import { formatAddress } from '../address';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView } from '../components/ErrorView';
import { InsertButton } from '../components/InsertButton';
import { SearchBox } from '../components/SearchBox';
import { Skeleton } from '../components/Skeleton';
import { useDebounced } from '../hooks/useDebounced';
import { useHost, useTrans } from '../host';
import { Tree } from '../table/Tree';
import type { ITreeItem } from '../table/Tree';
import { useTableActions } from './useTableActions';
import { useTree } from './useTree';

/** Wait for the end of typing before asking the server. */
const FILTER_MS = 150;

const EXAMPLE = `import mlnb
import pandas as pd

ws = mlnb.workspace()
frame = pd.DataFrame({"city": ["Berlin", "Lima"], "population": [3_700_000, 10_000_000]})
ws.catalog.write("main.default.cities", frame, mode="overwrite")`;

/** Catalogs, schemas and tables. */
export function BrowseSection(): JSX.Element {
  const trans = useTrans();
  const [filter, setFilter] = React.useState('');
  const settled = useDebounced(filter.trim(), FILTER_MS);
  const tree = useTree(settled);
  // A table, or something closed that may hold one.
  const hasTables = tree.items.some(
    item =>
      !item.note &&
      (item.expanded === undefined ||
        (!item.expanded && tree.node(item.id)?.children))
  );
  return (
    <>
      <div className="jp-mlnb-Bar">
        <SearchBox
          label={trans.__('Filter tables')}
          icon="filter"
          value={filter}
          onChange={setFilter}
        />
      </div>
      {tree.error && <ErrorView error={tree.error} onRetry={tree.retry} />}
      {tree.isLoading && !tree.error && <Skeleton />}
      {tree.items.length > 0 && <CatalogTree tree={tree} />}
      {!tree.isLoading && settled && tree.items.length === 0 && (
        <EmptyState
          icon="search"
          title={trans.__('No table is called so')}
          text={trans.__('Nothing contains “%1”.', settled)}
        />
      )}
      {!tree.isLoading && !tree.error && !settled && !hasTables && <NoTables />}
    </>
  );
}

function CatalogTree(props: { tree: ReturnType<typeof useTree> }): JSX.Element {
  const { tree } = props;
  const host = useHost();
  const trans = useTrans();
  const { insert, copyName } = useTableActions();
  const onKey = (id: string, event: React.KeyboardEvent): boolean => {
    const isTable = tree.node(id)?.kind === 'table';
    if (isTable && event.key === 'Enter' && event.shiftKey && insert) {
      insert(id);
      return true;
    }
    if (event.key === 'c' && (event.ctrlKey || event.metaKey)) {
      copyName(id);
      return true;
    }
    return false;
  };
  const actions = (item: ITreeItem): React.ReactNode => (
    <>
      {insert && item.expanded === undefined && (
        <Button
          label={trans.__('Insert a cell that loads %1', item.id)}
          icon="insert"
          iconOnly
          onClick={() => insert(item.id)}
        />
      )}
      <Button
        label={trans.__('Copy the name %1', item.id)}
        icon="copy"
        iconOnly
        onClick={() => copyName(item.id)}
      />
    </>
  );
  return (
    <Tree
      label={trans.__('Catalog')}
      items={tree.items}
      onToggle={tree.toggle}
      onOpen={id => {
        if (!tree.more(id) && tree.node(id)) {
          host.open(formatAddress('table', id));
        }
      }}
      onKey={onKey}
      actions={actions}
    />
  );
}

function NoTables(): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState
      icon="table"
      title={trans.__('No tables yet')}
      text={trans.__(
        'What you create or import appears here, with its history. A data frame becomes a table with one line.'
      )}
    >
      <InsertButton
        label={trans.__('Insert an example cell')}
        source={EXAMPLE}
      />
    </EmptyState>
  );
}

export default BrowseSection;
