import * as React from 'react';
import { formatAddress } from '../address';
import { isAbort } from '../api/errors';
import type { IBackgroundInfo } from '../api/types.replay';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { State } from '../components/State';
import { runState } from '../experiments/rows';
import { formatDuration } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { Elapsed } from '../monitors/CellList';
import type { IOutputProps } from '../output/types';
import { CellStates, plainLog } from './LogTab';
import { backgroundQuery } from './queries';
import { isRunning } from './RunHeader';
import { useWhile } from './useWhile';

const FOLLOW_MS = 1000;
/** Bytes of the end of the log that a cell shows; the run's page has all of it. */
const TAIL = 8000;

interface ISnapshot {
  info: IBackgroundInfo;
  log: string;
}

/** A run in a process of its own, below the cell that started it: how far it is, what it prints, Stop. */
export function BackgroundOutput({ view, live }: IOutputProps): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const saved = view.snapshot as unknown as ISnapshot | null;
  const id = String(view.props?.id ?? '');
  const isLive = live === 'live';
  const query = useApi(backgroundQuery(id), {
    enabled: isLive && saved?.info.state !== 'ENDED'
  });
  // What the kernel saved last may be newer than what was asked before.
  const info =
    saved?.info.state === 'ENDED' ? saved.info : (query.data ?? saved?.info);
  const isGoing = info !== undefined && info.state !== 'ENDED';
  const { refetch } = query;
  const again = React.useCallback(() => void refetch(), [refetch]);
  useWhile(isLive && isGoing, again, FOLLOW_MS);
  const stop = useAction(api => api.runs.stop(id), again);
  const log = useTail(id, saved?.log ?? '', isLive, isGoing);
  if (!info) {
    return (
      <p className="jp-mlnb-Muted">{trans.__('Nothing is known of it.')}</p>
    );
  }
  const message = info.error?.message;
  return (
    <section
      className="jp-mlnb-BackgroundRun"
      aria-label={trans.__('Run %1 in the background', info.name)}
    >
      <header className="jp-mlnb-BackgroundRun-head">
        <Icon name="run" />
        <Button
          label={info.name || id.slice(0, 8)}
          kind="link"
          title={trans.__('Open run')}
          onClick={() => host.open(formatAddress('run', id))}
        />
        <State
          {...(info.state === 'STOPPING' && info.status === 'RUNNING'
            ? { tone: 'busy', label: trans.__('Stopping') }
            : runState(info.status, trans))}
        />
        <Took info={info} />
        {isGoing && isLive && isRunning(info) && (
          <span className="jp-mlnb-BackgroundRun-stop">
            <Button
              label={trans.__('Stop')}
              icon="stop"
              busy={stop.isPending || info.state === 'STOPPING'}
              onClick={() => stop.mutate(undefined)}
            />
          </span>
        )}
      </header>
      {typeof message === 'string' && (
        <p className="jp-mlnb-BackgroundRun-error" role="status">
          <Icon name={info.status === 'FAILED' ? 'error' : 'info'} />
          {message}
        </p>
      )}
      <CellStates cells={info.cells} />
      {log && <Tail name={info.name} text={log} />}
    </section>
  );
}

function Took({ info }: { info: IBackgroundInfo }): JSX.Element | null {
  const trans = useTrans();
  if (info.started_at === undefined) {
    return info.state === 'QUEUED' ? (
      <span className="jp-mlnb-Muted">{trans.__('waiting for a process')}</span>
    ) : null;
  }
  return (
    <span className="jp-mlnb-Muted">
      {info.ended_at === undefined ? (
        <Elapsed since={info.started_at} />
      ) : (
        formatDuration(info.ended_at - info.started_at)
      )}
    </span>
  );
}

/** The end of the log, scrolled to what came last unless somebody reads further up. */
function Tail(props: { name: string; text: string }): JSX.Element {
  const trans = useTrans();
  const node = React.useRef<HTMLPreElement>(null);
  const follow = React.useRef(true);
  const shown = React.useMemo(() => plainLog(props.text), [props.text]);
  React.useEffect(() => {
    if (follow.current && node.current) {
      node.current.scrollTop = node.current.scrollHeight;
    }
  }, [shown]);
  return (
    <pre
      ref={node}
      className="jp-mlnb-Log"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={trans.__('Log of %1', props.name)}
      onScroll={event => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        follow.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {shown}
    </pre>
  );
}

/** Reads on from the end of the log while the run goes on, and once after it. */
function useTail(
  id: string,
  saved: string,
  live: boolean,
  going: boolean
): string {
  const { api } = useHost();
  const [text, setText] = React.useState<string | null>(null);
  const next = React.useRef(-TAIL);
  const reading = React.useRef(false);
  const read = React.useCallback(async (): Promise<void> => {
    if (reading.current) {
      return;
    }
    reading.current = true;
    try {
      const part = await api.runs.log(id, next.current);
      next.current = part.next_offset;
      setText(old => ((old ?? '') + part.text).slice(-TAIL));
    } catch (failure) {
      if (!isAbort(failure)) {
        next.current = -TAIL;
        setText(null);
      }
    } finally {
      reading.current = false;
    }
  }, [api, id]);
  const again = React.useCallback(() => void read(), [read]);
  useWhile(live && going, again, FOLLOW_MS);
  const was = React.useRef(false);
  React.useEffect(() => {
    // The last lines come with the end.
    if (live && (going || was.current)) {
      again();
    }
    was.current = going;
  }, [live, going, again]);
  return text ?? saved;
}
