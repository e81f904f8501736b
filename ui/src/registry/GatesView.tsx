import * as React from 'react';
import { QueryView } from '../components/QueryView';
import { useApi } from '../hooks/useApi';
import { useDebounced } from '../hooks/useDebounced';
import { GatesReport } from '../scope/GatesReport';
import { gatesQuery } from './queries';

/** What speaks for and against moving a version. */
export function GatesView(props: {
  model: string;
  version: number | string;
  to: string;
}): JSX.Element {
  const to = useDebounced(props.to, 300);
  const query = useApi(gatesQuery(props.model, props.version, to), {
    keep: true
  });
  return (
    <QueryView query={query}>
      {report => <GatesReport report={report} />}
    </QueryView>
  );
}
