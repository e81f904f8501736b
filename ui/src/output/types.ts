import type { ITransport } from '../api/transport';
import type { Live } from '../hooks/useLive';

/** What a cell's output holds: data only. A forged one shows what it says and runs nothing. */
export interface IView {
  component: string;
  address?: string;
  workspace_id?: string;
  props?: Record<string, unknown>;
  snapshot?: Record<string, unknown> | null;
}

/** Who answers for an output. */
export interface ILink {
  readonly transport: ITransport;
  readonly current: Live;
  subscribe(listener: () => void): () => void;
}

/** What an output's component gets. */
export interface IOutputProps {
  view: IView;
  live: Live;
  /** Keep a choice of the reader with the output. */
  onProps?: (change: Record<string, unknown>) => void;
}

/** The view of an output, null when it is none. */
export function viewOf(data: unknown): IView | null {
  if (typeof data !== 'object' || data === null) {
    return null;
  }
  const { component, props, snapshot, address, workspace_id } =
    data as Partial<IView>;
  const plain = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof component === 'string'
    ? {
        component,
        address: typeof address === 'string' ? address : undefined,
        workspace_id:
          typeof workspace_id === 'string' ? workspace_id : undefined,
        props: plain(props) ? props : {},
        snapshot: plain(snapshot) ? snapshot : null
      }
    : null;
}
