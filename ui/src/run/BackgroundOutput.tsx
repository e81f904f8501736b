import * as React from 'react';
import { formatAddress } from '../address';
import type { IBackgroundInfo } from '../api/types.replay';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { State } from '../components/State';
import { Elapsed } from '../components/Time';
import { runState } from '../experiments/rows';
import { formatDuration } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { IOutputProps } from '../output/types';
import { BackgroundCells } from './BackgroundCells';
import { LogText, plainLog } from './LogText';
import { backgroundQuery } from './queries';
import { isRunning } from './RunHeader';
import { useLog } from './useLog';
import { useWhile } from './useWhile';

const FOLLOW_MS = 1000;
/** So much of the end of the log a cell shows; the run's page has more of it. */
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
  // What the kernel saved last is newer than what was asked before.
  const isOver = saved?.info.state === 'ENDED';
  const query = useApi(backgroundQuery(id), { enabled: isLive && !isOver });
  const log = useLog(id, TAIL, isLive && !isOver);
  const info = isOver ? saved.info : (query.data ?? saved?.info);
  const text = (isOver ? saved.log : (log.text ?? saved?.log)) ?? '';
  const isGoing = info !== undefined && info.state !== 'ENDED';
  const { refetch } = query;
  const again = React.useCallback(() => void refetch(), [refetch]);
  useWhile(isLive && isGoing, again, FOLLOW_MS);
  const stop = useAction(api => api.runs.stop(id), again);
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
      <BackgroundCells cells={info.cells} isOver={!isGoing} />
      {text && <Tail name={info.name} text={text} />}
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

function Tail(props: { name: string; text: string }): JSX.Element {
  const [follow, setFollow] = React.useState(true);
  const shown = React.useMemo(() => plainLog(props.text), [props.text]);
  return (
    <LogText
      name={props.name}
      text={shown}
      follow={follow}
      onFollow={setFollow}
    />
  );
}
