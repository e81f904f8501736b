import * as React from 'react';
import type { ILineageEdge, ILineageNode } from '../api/types.tables';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { RelativeTime } from '../components/Time';
import { formatInteger } from '../format';
import { useHost, useTrans } from '../host';
import { lineageKind } from './lineageGraph';
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
    <div className="jp-mlnb-Scroll">
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
  const host = useHost();
  const { trans } = host;
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
                    source === target ? source : `${source} → ${target}`
                  )
                  .join(', ')}
              </td>
              <td>
                {edge.by?.map(one => (
                  <span key={`${one.kind}:${one.name}`}>
                    {one.address ? (
                      <Button
                        label={one.label}
                        kind="link"
                        onClick={() => host.open(one.address ?? '')}
                      />
                    ) : (
                      <bdi>{one.label}</bdi>
                    )}{' '}
                  </span>
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

function NodeName(props: {
  node: ILineageNode | undefined;
  id: string;
}): JSX.Element {
  const { node, id } = props;
  const host = useHost();
  const { trans } = host;
  const { address } = node ?? {};
  return (
    <>
      {address ? (
        <Button
          label={node?.name ?? id}
          kind="link"
          onClick={() => host.open(address)}
        />
      ) : (
        <bdi>{node?.name ?? id}</bdi>
      )}{' '}
      <span className="jp-mlnb-Muted">
        {node && node.kind !== 'table' && lineageKind(node.kind, trans)}
      </span>
    </>
  );
}
