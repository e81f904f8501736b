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
import { cellFor, referenceOf } from './objectCells';
import { useFileDrop } from './useFileDrop';
import { isContainer, useTree } from './useTree';
import { named, useObjectActions } from './useObjectActions';

/** Wait for the end of typing before asking the server. */
const FILTER_MS = 150;

const EXAMPLE = `import mlnb
import pandas as pd

ws = mlnb.workspace()
frame = pd.DataFrame({"city": ["Berlin", "Lima"], "population": [3_700_000, 10_000_000]})
ws.catalog.write("main.default.cities", frame, mode="overwrite")`;

/** Catalogs, schemas, and the tables, views, volumes, functions and models in them. */
export function BrowseSection(): JSX.Element {
  const trans = useTrans();
  const host = useHost();
  const [filter, setFilter] = React.useState('');
  const settled = useDebounced(filter.trim(), FILTER_MS);
  const tree = useTree(settled);
  // An object, or something closed that may hold one.
  const hasObjects = tree.items.some(
    item =>
      !item.note &&
      (item.expanded === undefined ||
        item.group ||
        (!item.expanded && tree.node(item.id)?.children))
  );
  return (
    <>
      <div className="jp-mlnb-Bar">
        <SearchBox
          label={trans.__('Filter by name')}
          icon="filter"
          value={filter}
          onChange={setFilter}
        />
        <Button
          label={trans.__('Import data')}
          icon="upload"
          iconOnly
          onClick={() => host.open(formatAddress('import', 'new'))}
        />
      </div>
      {tree.error && <ErrorView error={tree.error} onRetry={tree.retry} />}
      {tree.isLoading && !tree.error && <Skeleton />}
      {tree.items.length > 0 && <CatalogTree tree={tree} filter={settled} />}
      {!tree.isLoading && settled && tree.items.length === 0 && (
        <EmptyState
          icon="search"
          title={trans.__('Nothing is called so')}
          text={trans.__('No name contains “%1”.', settled)}
        />
      )}
      {!tree.isLoading && !tree.error && !settled && !hasObjects && (
        <NoTables />
      )}
    </>
  );
}

function CatalogTree(props: {
  tree: ReturnType<typeof useTree>;
  filter: string;
}): JSX.Element {
  const { tree } = props;
  const host = useHost();
  const trans = useTrans();
  const actions = useObjectActions();
  const { insert, copy } = actions;
  const frame = React.useRef<HTMLDivElement | null>(null);
  const dropId = useFileDrop(frame, id => {
    const container = tree.container(id);
    return container && isContainer(container) ? container : undefined;
  });
  const openMenu = (id: string, at: { x: number; y: number }): void => {
    const node = tree.node(id);
    if (node) {
      host.menu?.(actions.menu(node), at);
    }
  };
  const buttons = (item: ITreeItem): React.ReactNode => {
    const node = tree.node(item.id);
    if (!node) {
      return null;
    }
    // The keys and the menu do the same: these are no further stops of the Tab key.
    return (
      <>
        {insert && !isContainer(node) && (
          <Button
            label={trans.__('Insert a cell that uses %1', named(node).name)}
            icon="insert"
            iconOnly
            tabIndex={-1}
            onClick={() => insert(node)}
          />
        )}
        <Button
          label={trans.__('Copy the name %1', referenceOf(named(node)))}
          icon="copy"
          iconOnly
          tabIndex={-1}
          onClick={() => copy(node)}
        />
        {host.menu && (
          <Button
            label={trans.__('More for %1', named(node).name)}
            icon="more"
            iconOnly
            tabIndex={-1}
            onClick={event => {
              const box = event.currentTarget.getBoundingClientRect();
              openMenu(item.id, { x: box.left, y: box.bottom });
            }}
          />
        )}
      </>
    );
  };
  return (
    <Tree
      label={trans.__('Catalog')}
      items={tree.items}
      highlight={props.filter}
      frameRef={frame}
      dropId={dropId}
      onToggle={tree.toggle}
      onOpen={id => {
        const node = tree.node(id);
        if (!tree.more(id) && node) {
          actions.open(node);
        }
      }}
      onMore={id => tree.more(id)}
      onKey={(id, event) => {
        const node = tree.node(id);
        return node ? actions.onKey(node, event) : false;
      }}
      onMenu={host.menu && openMenu}
      onDrag={
        host.drag &&
        ((id, event) => {
          const node = tree.node(id);
          if (node) {
            const cell = cellFor(named(node));
            host.drag?.(event, {
              label: node.name,
              text: referenceOf(named(node)),
              cells: cell ? [cell] : []
            });
          }
        })
      }
      actions={buttons}
    />
  );
}

function NoTables(): JSX.Element {
  const trans = useTrans();
  const host = useHost();
  return (
    <EmptyState
      icon="table"
      title={trans.__('No tables yet')}
      text={trans.__(
        'What you create or import appears here, with its history and lineage. Drop a file on a schema, or make a table from a data frame.'
      )}
    >
      <Button
        label={trans.__('Import data')}
        icon="upload"
        kind="accept"
        onClick={() => host.open(formatAddress('import', 'new'))}
      />
      <InsertButton
        label={trans.__('Insert an example cell')}
        source={EXAMPLE}
      />
    </EmptyState>
  );
}

export default BrowseSection;
