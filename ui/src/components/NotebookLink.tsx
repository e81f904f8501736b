import * as React from 'react';
import { useHost } from '../host';
import { Button } from './Button';

/** The letters of a cell's id that tell it from its neighbours. */
const CELL = 8;

export interface INotebookLinkProps {
  /** As the kernel knows it: the whole path, or one below the server's folder. */
  path: string;
  cell?: string;
}

/** A notebook by its name; where the host has notebooks, the way to it and to the cell. */
export function NotebookLink(props: INotebookLinkProps): JSX.Element {
  const { path, cell } = props;
  const host = useHost();
  const { trans } = host;
  const name = notebookName(path);
  const label = cell
    ? trans.__('%1, cell %2', name, cell.slice(0, CELL))
    : name;
  return host.openNotebook ? (
    <Button
      label={label}
      title={path}
      kind="link"
      onClick={() => void host.openNotebook?.(path, cell)}
    />
  ) : (
    <bdi className="jp-mlnb-Muted" title={path}>
      {label}
    </bdi>
  );
}

export function notebookName(path: string): string {
  return path.split(/[/\\]/).pop() || path;
}
