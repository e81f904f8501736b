import { QueryClientProvider } from '@tanstack/react-query';
import * as React from 'react';
import { ConnectionGate } from '../components/ConnectionGate';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { HostContext } from '../host';
import type { IHost } from '../host';
import { queryClientOf } from './queryClient';
import { VisibleContext } from './useApi';

export interface IHostProviderProps {
  host: IHost;
  /** False while the panel or page is hidden: its requests wait. */
  visible?: boolean;
  children: React.ReactNode;
}

/** The root of everything that is shown: services, cache, faults and connection in one place. */
export function HostProvider(props: IHostProviderProps): JSX.Element {
  return (
    <HostContext.Provider value={props.host}>
      <QueryClientProvider client={queryClientOf(props.host)}>
        <VisibleContext.Provider value={props.visible ?? true}>
          <ErrorBoundary>
            <ConnectionGate>{props.children}</ConnectionGate>
          </ErrorBoundary>
        </VisibleContext.Provider>
      </QueryClientProvider>
    </HostContext.Provider>
  );
}
