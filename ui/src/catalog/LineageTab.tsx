import { useQueries } from '@tanstack/react-query';
import * as React from 'react';
import type { ILineageNode, LineageLevel } from '../api/types.tables';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import type { IconName } from '../components/Icon';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { Graph, NodeContext, useLayout } from '../graph/Graph';
import type { ILayout } from '../graph/types';
import { saveText } from '../grid/saveFile';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import {
  lineageKind,
  linesOf,
  linkedColumns,
  merge,
  namesOf,
  notebookOf,
  sizeOf
} from './lineageGraph';
import type { Direction, IExpansion, IMerged } from './lineageGraph';
import { LineageList } from './LineageList';
import { lineageSvg } from './lineageSvg';
import { lineageQuery } from './tableQueries';

const ICONS: Readonly<Record<string, IconName>> = {
  table: 'table',
  view: 'view',
  volume: 'volume',
  function: 'function',
  external: 'file',
  path: 'file',
  frame: 'code',
  cell: 'code',
  query: 'code',
  notebook: 'notebook',
  run: 'run',
  job: 'job',
  model: 'model',
  model_version: 'version',
  endpoint: 'endpoint',
  monitor: 'monitor'
};

export interface ILineageTabProps {
  kind: string;
  name: string;
  /** `level`, `column` and `show` of the address. */
  query: Readonly<Record<string, string>>;
  onQuery: (change: Record<string, string | undefined>) => void;
}

/** Where a table comes from and what is made of it, for the table or for single columns. */
export function LineageTab(props: ILineageTabProps): JSX.Element {
  const { kind, name, query } = props;
  const { api } = useHost();
  const trans = useTrans();
  const level: LineageLevel = query.level === 'column' ? 'column' : 'table';
  const column = level === 'column' ? query.column : undefined;
  const [expanded, setExpanded] = React.useState<readonly IExpansion[]>([]);
  const processes = (level === 'table' && query.via === 'shown') || undefined;
  const options = { level, column, processes, depth: column ? 3 : 1 };
  const first = useApi(lineageQuery(kind, name, options), { keep: true });
  const further = useQueries({
    queries: expanded.map(({ id, direction }) => {
      const [other, rest] = split(id);
      const hop = lineageQuery(other, rest, {
        level,
        direction,
        processes,
        depth: 1
      });
      return {
        queryKey: [...hop.key],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          hop.fetch(api, signal),
        meta: { subjects: hop.subjects }
      };
    })
  });
  const parts = [first.data, ...further.map(one => one.data)].filter(
    one => one !== undefined
  );
  const arrived = expanded.filter((_, i) => further[i]?.data !== undefined);
  const merged = merge(parts, arrived);
  return (
    <QueryView
      query={first}
      isEmpty={answer => answer.edges.length === 0}
      empty={
        <>
          <Toolbar {...props} level={level} merged={merged} focus="" />
          <EmptyState
            icon="lineage"
            title={
              column
                ? trans.__('Nothing is known to be made from or of %1', column)
                : trans.__('No lineage yet')
            }
            text={trans.__(
              'Statements, jobs and runs that read or write this table leave their trace here by themselves.'
            )}
          />
        </>
      }
    >
      {answer => (
        <Loaded
          {...props}
          level={level}
          focus={answer.focus}
          merged={merged}
          truncated={parts.some(part => part.truncated)}
          onExpand={(id, direction) =>
            setExpanded(known =>
              known.some(one => one.id === id && one.direction === direction)
                ? known
                : [...known, { id, direction }]
            )
          }
        />
      )}
    </QueryView>
  );
}

/** `kind:name` in its parts. */
function split(id: string): [string, string] {
  const at = id.indexOf(':');
  return [id.slice(0, at), id.slice(at + 1)];
}

interface ILoadedProps extends ILineageTabProps {
  level: LineageLevel;
  focus: string;
  merged: IMerged;
  truncated: boolean;
  onExpand: (id: string, direction: Direction) => void;
}

function Loaded(props: ILoadedProps): JSX.Element {
  const { name, merged, focus, level, query, onExpand } = props;
  const host = useHost();
  const { trans } = host;
  const columns = React.useMemo(
    () =>
      level === 'column' ? linkedColumns(merged) : new Map<string, string[]>(),
    [merged, level]
  );
  const nodes = merged.nodes.map(node => ({
    id: node.id,
    ...sizeOf(columns.get(node.id) ?? [])
  }));
  const layout = useLayout(nodes, merged.edges);
  const byId = new Map(merged.nodes.map(node => [node.id, node]));
  const asList = query.show === 'list';
  const open = (id: string): void => {
    const node = byId.get(id);
    const place = node && notebookOf(node.kind, node.name);
    if (place) {
      void host.openNotebook?.(place.path, place.cell);
    } else if (node?.address && id !== focus) {
      host.open(node.address);
    }
  };
  return (
    <>
      <Toolbar
        {...props}
        picture={
          layout && !asList
            ? () =>
                saveText(
                  `${name}-lineage.svg`,
                  'image/svg+xml',
                  lineageSvg(merged, columns, layout, focus, trans)
                )
            : undefined
        }
      />
      {props.truncated && (
        <p className="jp-mlnb-Bar jp-mlnb-Muted" role="status">
          {trans.__('There is more than can be shown: the nearest 500 are.')}
        </p>
      )}
      {asList ? (
        <LineageList merged={merged} focus={focus} />
      ) : (
        <Graph
          label={trans.__('Lineage of %1', name)}
          layout={layout}
          nodes={nodes}
          focus={focus}
          lines={
            layout && (
              <Lines merged={merged} columns={columns} layout={layout} />
            )
          }
          node={id => {
            const node = byId.get(id);
            return (
              node && (
                <LineageNode
                  node={node}
                  isFocus={id === focus}
                  columns={columns.get(id) ?? []}
                  chosen={id === focus ? query.column : undefined}
                  onExpand={onExpand}
                />
              )
            );
          }}
          onOpen={open}
          onExpand={id => {
            const node = byId.get(id);
            for (const direction of ['upstream', 'downstream'] as const) {
              if (node && node.more[direction] > 0) {
                onExpand(id, direction);
              }
            }
          }}
        />
      )}
    </>
  );
}

function Toolbar(
  props: ILineageTabProps & {
    level: LineageLevel;
    merged: IMerged;
    focus: string;
    picture?: () => void;
  }
): JSX.Element {
  const { kind, name, level, query, onQuery } = props;
  const trans = useTrans();
  const events = useAction(
    api => api.tables.openLineage(kind, name),
    answer =>
      saveText(
        `${name}-openlineage.json`,
        'application/json',
        JSON.stringify(answer, null, 2)
      )
  );
  const columns =
    props.merged.nodes.find(node => node.id === props.focus)?.columns ?? [];
  return (
    <div className="jp-mlnb-Bar">
      <Select
        label={trans.__('Level')}
        value={level}
        options={[
          { value: 'table', label: trans.__('tables') },
          { value: 'column', label: trans.__('columns') }
        ]}
        onChange={value =>
          onQuery({
            level: value === 'table' ? undefined : value,
            column: undefined
          })
        }
      />
      {level === 'column' && (columns.length > 0 || query.column) && (
        <Select
          label={trans.__('Column')}
          value={query.column ?? ''}
          options={[
            { value: '', label: trans.__('all') },
            ...(columns.length > 0
              ? columns
              : [{ name: query.column ?? '' }]
            ).map(one => ({ value: one.name, label: one.name }))
          ]}
          onChange={value => onQuery({ column: value || undefined })}
        />
      )}
      {level === 'table' && (
        <label className="jp-mlnb-Field">
          <input
            type="checkbox"
            checked={query.via === 'shown'}
            onChange={event =>
              onQuery({ via: event.target.checked ? 'shown' : undefined })
            }
          />
          {trans.__('cells and jobs')}
        </label>
      )}
      <Select
        label={trans.__('Show as')}
        value={query.show ?? 'graph'}
        options={[
          { value: 'graph', label: trans.__('graph') },
          { value: 'list', label: trans.__('list') }
        ]}
        onChange={value =>
          onQuery({ show: value === 'graph' ? undefined : value })
        }
      />
      <span className="jp-mlnb-Bar-group">
        {props.picture && (
          <Button
            label={trans.__('Picture')}
            icon="download"
            title={trans.__('Download the graph as SVG')}
            onClick={props.picture}
          />
        )}
        <Button
          label={trans.__('OpenLineage')}
          icon="download"
          title={trans.__('Download the runs behind it as OpenLineage events')}
          busy={events.isPending}
          onClick={() => events.mutate(undefined)}
        />
      </span>
    </div>
  );
}

function LineageNode(props: {
  node: ILineageNode;
  isFocus: boolean;
  columns: readonly string[];
  chosen: string | undefined;
  onExpand: (id: string, direction: Direction) => void;
}): JSX.Element {
  const { node, columns, onExpand } = props;
  const trans = useTrans();
  const given = React.useContext(NodeContext);
  const { head, tail } = namesOf(node, trans);
  const kind = lineageKind(node.kind, trans);
  return (
    <div
      className={`jp-mlnb-LineageNode${props.isFocus ? ' jp-mod-focus' : ''}${node.dropped ? ' jp-mod-dropped' : ''}`}
    >
      <button
        type="button"
        className="jp-mlnb-LineageNode-main"
        {...given}
        title={[node.name, node.detail].filter(Boolean).join('\n')}
        aria-label={[
          kind,
          node.name,
          node.detail,
          node.dropped && trans.__('dropped'),
          props.isFocus && trans.__('this one'),
          node.more.upstream > 0 &&
            trans._n(
              '%1 more before it',
              '%1 more before it',
              node.more.upstream
            ),
          node.more.downstream > 0 &&
            trans._n(
              '%1 more after it',
              '%1 more after it',
              node.more.downstream
            )
        ]
          .filter(Boolean)
          .join(', ')}
      >
        <Icon name={ICONS[node.kind] ?? 'info'} />
        <span>
          <small>{head || kind}</small>
          <bdi>{tail}</bdi>
        </span>
        {node.badge && (
          <Icon
            name={node.badge === 'certified' ? 'certified' : 'alert'}
            label={
              node.badge === 'certified'
                ? trans.__('certified')
                : trans.__('deprecated')
            }
          />
        )}
      </button>
      {columns.length > 0 && (
        <ul className="jp-mlnb-LineageNode-columns">
          {columns.map(name => (
            <li key={name} aria-current={name === props.chosen || undefined}>
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      )}
      {(['upstream', 'downstream'] as const).map(
        direction =>
          node.more[direction] > 0 && (
            <button
              key={direction}
              type="button"
              className={`jp-mlnb-LineageNode-more jp-mod-${direction}`}
              // Plus does the same from the node itself.
              tabIndex={-1}
              aria-label={
                direction === 'upstream'
                  ? trans.__('Show what %1 is made from', node.name)
                  : trans.__('Show what is made of %1', node.name)
              }
              onClick={() => onExpand(node.id, direction)}
            >
              +{node.more[direction]}
            </button>
          )
      )}
    </div>
  );
}

function Lines(props: {
  merged: IMerged;
  columns: ReadonlyMap<string, readonly string[]>;
  layout: ILayout;
}): JSX.Element {
  const { merged, columns, layout } = props;
  // Several pages may be open at once.
  const arrow = React.useId();
  return (
    <>
      <defs>
        <marker
          id={arrow}
          viewBox="0 0 8 8"
          refX="8"
          refY="4"
          markerWidth="6"
          markerHeight="6"
          orient="auto"
        >
          <path d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {linesOf(merged, columns, layout).map(({ key, path, kind }) => (
        <path
          key={key}
          d={path}
          className={`jp-mod-${kind}`}
          markerEnd={`url(#${arrow})`}
        />
      ))}
    </>
  );
}
