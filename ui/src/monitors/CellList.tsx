import * as React from 'react';
import type { IJobCell } from '../api/types.monitors';
import { Code, firstLine } from '../components/Code';
import { Icon } from '../components/Icon';
import { STATE_ICONS } from '../components/State';
import { Elapsed } from '../components/Time';
import { formatDuration } from '../format';
import { useTrans } from '../host';
import { cellState } from './states';

/** The cells of a run as they stand; the running one and a failed one are open. */
export function CellList({
  cells
}: {
  cells: readonly IJobCell[];
}): JSX.Element {
  const trans = useTrans();
  const longest = Math.max(...cells.map(duration), 1);
  return (
    <ol className="jp-mlnb-Cells" aria-label={trans.__('Cells')}>
      {cells.map(cell => (
        <Cell key={cell.index} cell={cell} longest={longest} />
      ))}
    </ol>
  );
}

function duration({ started, ended }: IJobCell): number {
  return started !== undefined && ended !== undefined ? ended - started : 0;
}

function Cell(props: { cell: IJobCell; longest: number }): JSX.Element {
  const { cell, longest } = props;
  const trans = useTrans();
  const code = cell.cell_type === 'code';
  const state = cellState(cell.state, trans);
  const [chosen, setChosen] = React.useState<boolean | null>(null);
  const open = chosen ?? (cell.state === 'running' || cell.state === 'error');
  const first = firstLine(cell.source);
  const more = cell.source.trim().includes('\n');
  return (
    <li className={`jp-mlnb-Cell jp-mod-${code ? cell.state : 'text'}`}>
      <button
        type="button"
        className="jp-mlnb-Cell-head"
        aria-expanded={open}
        onClick={() => setChosen(!open)}
      >
        {code ? (
          <Icon
            name={cell.state === 'pending' ? 'clock' : STATE_ICONS[state.tone]}
            label={state.label}
            className={`jp-mlnb-Tone jp-mod-${state.tone}${cell.state === 'running' ? ' jp-mod-spinning' : ''}`}
          />
        ) : (
          <Icon name="file" className="jp-mlnb-Tone jp-mod-idle" />
        )}
        <span className="jp-mlnb-Cell-index">{cell.index + 1}</span>
        <code className="jp-mlnb-Cell-source">
          <bdi>{first || trans.__('(empty)')}</bdi>
          {more && ' …'}
        </code>
        {code && <CellTime cell={cell} longest={longest} />}
      </button>
      {open ? (
        <div className="jp-mlnb-Cell-body">
          {more && (
            <Code
              label={trans.__('Source of cell %1', cell.index + 1)}
              source={cell.source}
            />
          )}
          {cell.outputs_text && <Output cell={cell} text={cell.outputs_text} />}
        </div>
      ) : (
        cell.outputs_text && (
          <div className="jp-mlnb-Cell-tail">{lastLine(cell.outputs_text)}</div>
        )
      )}
    </li>
  );
}

function Output(props: { cell: IJobCell; text: string }): JSX.Element {
  const trans = useTrans();
  return (
    <pre
      className="jp-mlnb-Cell-output"
      tabIndex={0}
      role="region"
      aria-label={trans.__('Output of cell %1', props.cell.index + 1)}
    >
      {props.text}
    </pre>
  );
}

/** How long it took, and how that compares with the slowest; a running cell counts on. */
function CellTime(props: { cell: IJobCell; longest: number }): JSX.Element {
  const { cell, longest } = props;
  if (cell.state === 'running' && cell.started !== undefined) {
    return (
      <span className="jp-mlnb-Cell-time">
        <Elapsed since={cell.started} />
      </span>
    );
  }
  const took = duration(cell);
  return (
    <span className="jp-mlnb-Cell-time">
      {took > 0 && (
        <>
          <span
            className="jp-mlnb-Cell-bar"
            style={{ width: `${Math.ceil((64 * took) / longest)}px` }}
          />
          <span className="jp-mlnb-Cell-took">{formatDuration(took)}</span>
        </>
      )}
    </span>
  );
}

function lastLine(text: string): string {
  const lines = text.trimEnd().split('\n');
  return lines[lines.length - 1];
}
