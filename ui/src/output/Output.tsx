import * as React from 'react';
import { API_VERSION } from '../api/client';
import type { IStatus } from '../api/types';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { Icon } from '../components/Icon';
import { Skeleton } from '../components/Skeleton';
import { HostProvider } from '../hooks/HostProvider';
import { LiveContext } from '../hooks/useLive';
import type { Live } from '../hooks/useLive';
import { useTrans } from '../host';
import type { IConnectionSource, IHost } from '../host';
import type { ILink, IOutputProps, IView } from './types';

/** The connection of an output: it is shown whether there is a server or not. */
export const READY: IConnectionSource = {
  current: {
    kind: 'ready',
    status: {
      api: API_VERSION,
      version: '',
      workspace: { id: '', path: '', state: 'ready' }
    } as IStatus
  },
  subscribe: () => () => undefined,
  retry: async () => undefined
};

export type OutputComponent = React.ComponentType<IOutputProps>;
/** The components by name, each loaded when it is first shown. */
export type OutputComponents = Readonly<
  Record<string, () => Promise<OutputComponent>>
>;

export interface IOutputOptions {
  host: IHost;
  link: ILink;
  view: IView;
  components: OutputComponents;
  onProps?: (change: Record<string, unknown>) => void;
}

/** A cell's output: its component, from the data it holds, live while its kernel answers. */
export function Output(props: IOutputOptions): JSX.Element {
  const { link, host } = props;
  const live = React.useSyncExternalStore(
    React.useCallback(listener => link.subscribe(listener), [link]),
    () => link.current
  );
  return (
    <HostProvider host={host}>
      <LiveContext.Provider value={live}>
        <div className="jp-mlnb-View jp-mod-output">
          <Gone live={live} component={props.view.component} />
          <Body {...props} live={live} />
        </div>
      </LiveContext.Provider>
    </HostProvider>
  );
}

/** What a reader of a saved page must know, and does about it. */
function Gone(props: { live: Live; component: string }): JSX.Element | null {
  const trans = useTrans();
  return props.live === 'gone' ? (
    <p className="jp-mlnb-Output-gone" role="status">
      <Icon name="info" />
      {props.component === 'BackgroundRun'
        ? trans.__('This is how far it was when it was saved.')
        : trans.__(
            'This is what was saved. To sort, filter and look at rows again, run the cell again.'
          )}
    </p>
  ) : null;
}

function Body(props: IOutputOptions & { live: Live }): JSX.Element {
  const { view, components, live, onProps } = props;
  const trans = useTrans();
  const [Component, setComponent] = React.useState<OutputComponent | null>(
    null
  );
  const [failed, setFailed] = React.useState(false);
  const load = Object.prototype.hasOwnProperty.call(components, view.component)
    ? components[view.component]
    : undefined;
  React.useEffect(() => {
    let current = true;
    load?.().then(
      found => current && setComponent(() => found),
      () => current && setFailed(true)
    );
    return () => {
      current = false;
    };
  }, [load]);
  if (!load || failed) {
    return (
      <p className="jp-mlnb-View-failure" role="alert">
        {load
          ? trans.__(
              'This part of mlnb could not be loaded. Reload the page; after an upgrade, clear the browser cache.'
            )
          : trans.__(
              'This version of mlnb does not know %1.',
              view.component.slice(0, 40)
            )}
      </p>
    );
  }
  return Component ? (
    <ErrorBoundary>
      <Component view={view} live={live} onProps={onProps} />
    </ErrorBoundary>
  ) : (
    <Skeleton />
  );
}
