import { render } from '@testing-library/react';
import type { RenderResult } from '@testing-library/react';
import * as React from 'react';
import type { IDocumentProps } from '../document';
import { HostProvider } from '../hooks/HostProvider';
import type { IHost } from '../host';
import { fakeHost } from './fakeHost';
import type { IFakeHost } from './fakeHost';
import type { FakeRoutes } from './fakeServer';

export interface IRendered extends RenderResult {
  host: IFakeHost;
}

/** Render a component as a host would, against a server in memory. */
export function renderWithHost(
  element: React.ReactElement,
  options: {
    routes?: FakeRoutes;
    host?: Partial<IHost>;
    visible?: boolean;
  } = {}
): IRendered {
  const host = fakeHost(options.routes, options.host);
  const result = render(
    <HostProvider host={host} visible={options.visible}>
      {element}
    </HostProvider>
  );
  return { ...result, host };
}

/** A page as a document shows it: its query is kept and given back. */
export function PageHarness(props: {
  page: React.ComponentType<IDocumentProps>;
  name: string;
  part?: string;
  query?: Record<string, string>;
}): JSX.Element {
  const [query, setQuery] = React.useState<Record<string, string>>(
    props.query ?? {}
  );
  const onQuery = React.useCallback(
    (change: Record<string, string | undefined>) =>
      setQuery(old => {
        const next = { ...old };
        for (const [key, value] of Object.entries(change)) {
          if (value === undefined) {
            delete next[key];
          } else {
            next[key] = value;
          }
        }
        return next;
      }),
    []
  );
  const onTitle = React.useCallback(() => undefined, []);
  const { page: Component } = props;
  return (
    <Component
      name={props.name}
      part={props.part}
      query={query}
      onQuery={onQuery}
      onTitle={onTitle}
    />
  );
}
