import * as React from 'react';
import type { IBackgroundCell } from '../api/types.replay';
import { firstLine } from '../components/Code';
import { Icon } from '../components/Icon';
import { STATE_ICONS } from '../components/State';
import type { Tone } from '../components/State';
import { formatDuration } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';

function cellState(
  state: IBackgroundCell['state'],
  trans: ITrans
): { tone: Tone; label: string } {
  switch (state) {
    case 'done':
      return { tone: 'good', label: trans.__('Done') };
    case 'failed':
      return { tone: 'bad', label: trans.__('Failed') };
    case 'running':
      return { tone: 'busy', label: trans.__('Running') };
    case 'skipped':
      return { tone: 'idle', label: trans.__('Not run') };
    default:
      return { tone: 'idle', label: trans.__('Waiting') };
  }
}

/** Cells with their state, the line each printed last, and how long they took. */
export function BackgroundCells(props: {
  cells: readonly IBackgroundCell[];
  /** The process has ended: what was running then came to no end, and what waited is not run any more. */
  isOver: boolean;
}): JSX.Element | null {
  const { cells, isOver } = props;
  const trans = useTrans();
  if (cells.length === 0) {
    return null;
  }
  return (
    <ol className="jp-mlnb-LogCells" aria-label={trans.__('Cells')}>
      {cells.map(cell => {
        const { tone, label } = cellState(
          isOver ? ended(cell.state) : cell.state,
          trans
        );
        return (
          <li key={cell.index}>
            <Icon
              name={STATE_ICONS[tone]}
              label={label}
              className={`jp-mlnb-Tone jp-mod-${tone}${tone === 'busy' ? ' jp-mod-spinning' : ''}`}
            />
            <code>
              <bdi>{firstLine(cell.source) || trans.__('(empty)')}</bdi>
            </code>
            {cell.line && <bdi className="jp-mlnb-Muted">{cell.line}</bdi>}
            {cell.duration_ms !== undefined && (
              <span className="jp-mlnb-LogCells-time">
                {formatDuration(cell.duration_ms)}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function ended(state: IBackgroundCell['state']): IBackgroundCell['state'] {
  return state === 'running'
    ? 'failed'
    : state === 'waiting'
      ? 'skipped'
      : state;
}
