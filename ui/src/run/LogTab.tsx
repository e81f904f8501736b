import * as React from 'react';
import { isAbort } from '../api/errors';
import type { IRun } from '../api/types';
import type { IBackgroundCell } from '../api/types.replay';
import { Button } from '../components/Button';
import { ErrorView } from '../components/ErrorView';
import { Icon } from '../components/Icon';
import { SearchBox } from '../components/SearchBox';
import { STATE_ICONS } from '../components/State';
import type { Tone } from '../components/State';
import { formatBytes, formatDuration } from '../format';
import { useApi, VisibleContext } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { backgroundQuery } from './queries';
import { isInBackground, isRunning } from './RunHeader';
import { useWhile } from './useWhile';

/** So much of a log is kept in the page; the whole of it is in the run's files. */
const KEPT = 512 * 1024;
const FOLLOW_MS = 1000;

/** What a run prints, while it prints it. */
export function LogTab({ run }: { run: IRun }): JSX.Element {
  return (
    <>
      {isInBackground(run) && <Progress run={run} />}
      <Log run={run} />
    </>
  );
}

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

/** The cells of a run in the background as they stand. */
function Progress({ run }: { run: IRun }): JSX.Element | null {
  const query = useApi(backgroundQuery(run.run_id));
  const { refetch, data } = query;
  const again = React.useCallback(() => void refetch(), [refetch]);
  // A run may have ended before its process has.
  const isOver = data?.state === 'ENDED';
  useWhile(data !== undefined && !isOver, again, FOLLOW_MS);
  return data ? <CellStates cells={data.cells} isOver={isOver} /> : null;
}

/** Cells with their state, the line each printed last, and how long they took. */
export function CellStates(props: {
  cells: readonly IBackgroundCell[];
  /** The process has ended: what was running then came to no end. */
  isOver?: boolean;
}): JSX.Element | null {
  const trans = useTrans();
  if (props.cells.length === 0) {
    return null;
  }
  return (
    <ol className="jp-mlnb-LogCells" aria-label={trans.__('Cells')}>
      {props.cells.map(cell => {
        const state = cellState(
          props.isOver && cell.state === 'running' ? 'failed' : cell.state,
          trans
        );
        return (
          <li key={cell.index}>
            <Icon
              name={STATE_ICONS[state.tone]}
              label={state.label}
              className={`jp-mlnb-Tone jp-mod-${state.tone}${state.tone === 'busy' ? ' jp-mod-spinning' : ''}`}
            />
            <code>
              <bdi>
                {cell.source.split('\n').find(line => line.trim()) ??
                  trans.__('(empty)')}
              </bdi>
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

interface ILogState {
  text: string;
  next: number;
  total: number;
  done: boolean;
  /** Bytes before what is shown. */
  left: number;
}

const EMPTY: ILogState = { text: '', next: 0, total: 0, done: false, left: 0 };

/** Reads on from where it stopped, piece by piece, until nothing more comes. */
function useLog(run: IRun): {
  log: ILogState;
  error: Error | null;
  retry: () => void;
} {
  const { api } = useHost();
  const visible = React.useContext(VisibleContext);
  const [log, setLog] = React.useState(EMPTY);
  const [error, setError] = React.useState<Error | null>(null);
  const [turn, setTurn] = React.useState(0);
  const running = isRunning(run);

  React.useEffect(() => {
    if (!visible) {
      return;
    }
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (offset: number): Promise<void> => {
      const part = await api.runs.log(
        run.run_id,
        offset,
        undefined,
        stop.signal
      );
      if (stop.signal.aborted) {
        return;
      }
      setError(null);
      setLog(old => {
        const whole = (offset === 0 ? '' : old.text) + part.text;
        const cut = Math.max(0, whole.length - KEPT);
        return {
          text: cut ? whole.slice(cut) : whole,
          next: part.next_offset,
          total: part.total,
          done: part.done,
          left: (offset === 0 ? 0 : old.left) + cut
        };
      });
      const more = part.next_offset < part.total;
      if (more || (running && !part.done)) {
        timer = setTimeout(
          () => void go(part.next_offset),
          more ? 0 : FOLLOW_MS
        );
      }
    };
    const go = (offset: number): Promise<void> =>
      read(offset).catch((failure: Error) => {
        if (!isAbort(failure) && !stop.signal.aborted) {
          setError(failure);
        }
      });
    void go(0);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [api, run.run_id, running, visible, turn]);
  return { log, error, retry: () => setTurn(turn + 1) };
}

/** Colours and cursor moves of a terminal are left out; a line written over itself shows its last state. */
export function plainLog(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
      .replace(/\r+\n/g, '\n')
      .replace(/[^\n]*\r(?!\n)/g, '')
  );
}

function Log({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const { log, error, retry } = useLog(run);
  const [text, setText] = React.useState('');
  const [follow, setFollow] = React.useState(true);
  const node = React.useRef<HTMLPreElement>(null);
  const all = React.useMemo(() => plainLog(log.text), [log.text]);
  const needle = text.trim().toLowerCase();
  const shown = React.useMemo(
    () =>
      needle
        ? all
            .split('\n')
            .filter(line => line.toLowerCase().includes(needle))
            .join('\n')
        : all,
    [all, needle]
  );
  React.useEffect(() => {
    if (follow && node.current) {
      node.current.scrollTop = node.current.scrollHeight;
    }
  }, [shown, follow]);
  const isGoing = isRunning(run) && !log.done;
  return (
    <div className="jp-mlnb-LogView">
      <div className="jp-mlnb-Bar jp-mlnb-LogView-bar">
        <SearchBox
          label={trans.__('Find lines')}
          value={text}
          onChange={setText}
        />
        <Button
          label={trans.__('Follow')}
          icon="arrowDown"
          pressed={follow}
          onClick={() => setFollow(!follow)}
        />
        <Button
          label={trans.__('Copy')}
          icon="copy"
          iconOnly
          onClick={() => void host.copy(all)}
        />
        {log.total > 0 && (
          <span className="jp-mlnb-Bar-note">{formatBytes(log.total)}</span>
        )}
      </div>
      {error && <ErrorView error={error} onRetry={retry} />}
      {log.left > 0 && (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'The beginning is left out; the whole log is mlnb/stdout.log in Files.'
          )}
        </p>
      )}
      <pre
        ref={node}
        className="jp-mlnb-Log"
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={trans.__('Log of %1', run.name)}
        onScroll={event => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          // Whoever scrolls up wants to read; at the end it goes on.
          setFollow(scrollHeight - scrollTop - clientHeight < 40);
        }}
      >
        {shown ||
          (needle
            ? trans.__('No line holds this.')
            : isGoing
              ? trans.__('Nothing printed yet.')
              : trans.__('It printed nothing.'))}
      </pre>
    </div>
  );
}
