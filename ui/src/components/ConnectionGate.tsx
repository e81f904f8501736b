import * as React from 'react';
import { useHost, useTrans } from '../host';
import type { Connection, IConnectionSource } from '../host';
import { Button } from './Button';
import { Code } from './Code';
import { EmptyState } from './EmptyState';
import { Icon } from './Icon';
import { Skeleton } from './Skeleton';

export function useConnection(source: IConnectionSource): Connection {
  return React.useSyncExternalStore(
    React.useCallback(listener => source.subscribe(listener), [source]),
    () => source.current
  );
}

/** Shows the content, or what stands in its way and what to do about it. */
export function ConnectionGate(props: {
  children: React.ReactNode;
}): JSX.Element {
  const { connection } = useHost();
  const state = useConnection(connection);
  switch (state.kind) {
    case 'connecting':
      return <Skeleton />;
    case 'ready':
      return <>{props.children}</>;
    case 'lost':
    case 'incompatible':
      return (
        <>
          <Banner state={state} />
          <div className="jp-mlnb-ConnectionGate-stale">{props.children}</div>
        </>
      );
    default:
      return <Obstacle state={state} />;
  }
}

function Banner(props: {
  state: Extract<Connection, { kind: 'lost' | 'incompatible' }>;
}): JSX.Element {
  const { connection } = useHost();
  const trans = useTrans();
  const { state } = props;
  return (
    <div className="jp-mlnb-Banner" role="status">
      <Icon name="alert" />
      <span>
        {state.kind === 'lost'
          ? trans.__('No answer from the server; what you see may be old.')
          : trans.__(
              'The server part of mlnb is older than this page (interface %1, needed %2). Upgrade it with: pip install -U mlnb',
              state.status.api,
              state.needed
            )}
      </span>
      <Button
        label={trans.__('Try again')}
        kind="link"
        onClick={() => void connection.retry()}
      />
    </div>
  );
}

function Obstacle(props: {
  state: Exclude<
    Connection,
    { kind: 'connecting' | 'ready' | 'lost' | 'incompatible' }
  >;
}): JSX.Element {
  const { connection } = useHost();
  const trans = useTrans();
  const retry = (
    <Button
      label={trans.__('Try again')}
      icon="refresh"
      onClick={() => void connection.retry()}
    />
  );
  const { state } = props;
  switch (state.kind) {
    case 'missing':
      return (
        <EmptyState
          icon="alert"
          title={trans.__('The server part of mlnb is not there')}
          text={trans.__(
            'These panels talk to an extension of the Jupyter server. Install it where the server runs, then restart the server.'
          )}
        >
          <Code
            label={trans.__('Command')}
            source={'pip install mlnb\njupyter server extension enable mlnb'}
          />
          {retry}
        </EmptyState>
      );
    case 'migrating':
      return (
        <EmptyState
          icon="clock"
          title={trans.__('The workspace is being upgraded')}
          text={trans.__(
            'Its tables are brought to this version. This takes seconds; the panels fill by themselves.'
          )}
        />
      );
    case 'denied':
      return (
        <EmptyState
          icon="lock"
          title={trans.__('The server refuses this session')}
          text={state.message}
        >
          {retry}
        </EmptyState>
      );
    case 'failed':
      return (
        <EmptyState
          icon="error"
          title={trans.__('The workspace cannot be opened')}
          text={[state.message, state.hint].filter(Boolean).join(' ')}
        >
          {state.path && (
            <Code label={trans.__('Workspace')} source={state.path} />
          )}
          {retry}
        </EmptyState>
      );
  }
}
