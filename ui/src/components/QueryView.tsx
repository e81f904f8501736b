import type { UseQueryResult } from '@tanstack/react-query';
import * as React from 'react';
import { ErrorView } from './ErrorView';
import { Skeleton } from './Skeleton';

export interface IQueryViewProps<T> {
  query: UseQueryResult<T, Error>;
  skeleton?: React.ReactNode;
  isEmpty?: (data: T) => boolean;
  empty?: React.ReactNode;
  children: (data: T) => React.ReactNode;
}

/** One place that decides between outline, fault, empty and data; old data outlives a failed refresh. */
export function QueryView<T>(props: IQueryViewProps<T>): JSX.Element {
  const { data, error, refetch } = props.query;
  if (data === undefined) {
    return error ? (
      <ErrorView error={error} onRetry={() => void refetch()} />
    ) : (
      <>{props.skeleton ?? <Skeleton />}</>
    );
  }
  if (props.empty !== undefined && props.isEmpty?.(data)) {
    return <>{props.empty}</>;
  }
  return (
    <>
      {error && <ErrorView error={error} onRetry={() => void refetch()} />}
      {props.children(data)}
    </>
  );
}
