import * as React from 'react';
import type { IRun } from '../api/types';
import { Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { gatesQuery } from '../run/queries';
import { GatesReport } from '../scope/GatesReport';

/** The run held against its scope card. */
export function GatesSection({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const query = useApi(gatesQuery(run.run_id));
  return (
    <Section title={trans.__('Gates')}>
      <QueryView query={query}>
        {report => <GatesReport report={report} />}
      </QueryView>
    </Section>
  );
}
