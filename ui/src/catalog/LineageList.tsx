import * as React from 'react';
import type { ILineageEdge, ILineageNode } from '../api/types.tables';
import { Button } from '../components/Button';
import { NotebookLink } from '../components/NotebookLink';
import { Section } from '../components/Page';
import { RelativeTime } from '../components/Time';
import { formatInteger } from '../format';
import { useHost, useTrans } from '../host';
import { lineageKind, notebookOf } from './lineageGraph';
import type { IMerged } from './lineageGraph';

/** The graph as tables: what it is made from, what is made of it, and what lies further away. */
export function LineageList(props: {
  merged: IMerged;
  focus: string;
}): JSX.Element {
  const { merged, focus } = props;
  const trans = useTrans();
  const before = merged.edges.filter(edge => edge.target === focus);
  const after = merged.edges.filter(edge => edge.source === focus);
  const rest = merged.edges.filter(
    edge => edge.source !== focus && edge.target !== focus
  );
  return (
    <div
      className="jp-mlnb-Scroll"
      role="region"
      aria-label={trans.__('Lineage as a list')}
      // Where no node has a page nothing in it takes the focus: the keys scroll it.
      tabIndex={0}
    >
      {(
        [
          [trans.__('Made from'), before],
          [trans.__('What is made of it'), after],
          [trans.__('Further away'), rest]
        ] as const
      ).map(
        ([title, edges]) =>
          edges.length > 0 && (
            <Edges key={title} title={title} edges={edges} merged={merged} />
          )
      )}
    </div>
  );
}

function Edges(props: {
  title: string;
  edges: readonly ILineageEdge[];
  merged: IMerged;
}): JSX.Element {
  const { title, edges, merged } = props;
  const trans = useTrans();
  const byId = new Map(merged.nodes.map(node => [node.id, node]));
  return (
    <Section title={title}>
      <table className="jp-mlnb-Table" aria-label={title}>
        <thead>
          <tr>
            <th scope="col">{trans.__('From')}</th>
            <th scope="col">{trans.__('To')}</th>
            <th scope="col">{trans.__('Columns')}</th>
            <th scope="col">{trans.__('By')}</th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Times')}
            </th>
            <th scope="col">{trans.__('Last')}</th>
          </tr>
        </thead>
        <tbody>
          {edges.map(edge => (
            <tr key={`${edge.source}>${edge.target}>${edge.kind}`}>
              <td>
                <NodeName node={byId.get(edge.source)} id={edge.source} />
              </td>
              <td>
                <NodeName node={byId.get(edge.target)} id={edge.target} />
              </td>
              <td>
                {edge.columns
                  ?.map(({ source, target }) =>
                    source === target || target === undefined
                      ? source
                      : `${source} → ${target}`
                  )
                  .join(', ')}
              </td>
              <td>
                {edge.by?.map(one => (
                  <React.Fragment key={`${one.kind}:${one.name}`}>
                    <ThingName {...one} />{' '}
                  </React.Fragment>
                ))}
              </td>
              <td className="jp-mod-numeric">{formatInteger(edge.count)}</td>
              <td>
                <RelativeTime time={edge.last_seen} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** A node's name, as the way to its page where it has one. */
function ThingName(props: {
  kind: string;
  name: string;
  label: string;
  address?: string;
}): JSX.Element {
  const { kind, name, label, address } = props;
  const host = useHost();
  const place = notebookOf(kind, name);
  if (place) {
    return <NotebookLink {...place} />;
  }
  return address ? (
    <Button label={label} kind="link" onClick={() => host.open(address)} />
  ) : (
    <bdi>{label}</bdi>
  );
}

function NodeName(props: {
  node: ILineageNode | undefined;
  id: string;
}): JSX.Element {
  const { node, id } = props;
  const trans = useTrans();
  if (!node) {
    return <bdi>{id}</bdi>;
  }
  return (
    <>
      <ThingName {...node} label={node.name} />{' '}
      {node.kind !== 'table' && (
        <span className="jp-mlnb-Muted">{lineageKind(node.kind, trans)}</span>
      )}
    </>
  );
}
