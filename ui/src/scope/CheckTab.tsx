import * as React from 'react';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { EmptyState } from '../components/EmptyState';
import { runBlockQuery } from '../experiments/runsQueries';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { GatesReport } from './GatesReport';
import { checkQuery } from './queries';

/** What a run does of what the card asks, gate by gate. */
export function CheckTab(props: {
  name: string;
  run: string | undefined;
  onRun: (run: string | undefined) => void;
}): JSX.Element {
  const { name, run, onRun } = props;
  const trans = useTrans();
  const runs = useApi(
    runBlockQuery({
      columns: ['attributes.run_name', 'attributes.start_time'],
      order_by: ['attributes.start_time DESC'],
      limit: 30
    })
  );
  const names = runs.data?.columns.find(
    one => one.key === 'attributes.run_name'
  )?.values;
  const options = (runs.data?.ids ?? []).map((id, i) => ({
    value: id,
    label: `${String(names?.[i] ?? '')} ${id.slice(0, 8)}`.trim()
  }));
  return (
    <>
      <div className="jp-mlnb-ScopeCheck-bar">
        <Select
          label={trans.__('Run')}
          value={run ?? ''}
          options={[
            { value: '', label: trans.__('choose a run') },
            ...options,
            ...(run !== undefined && !options.some(one => one.value === run)
              ? [{ value: run, label: run }]
              : [])
          ]}
          onChange={value => onRun(value || undefined)}
        />
      </div>
      {run === undefined ? (
        <EmptyState
          icon="certified"
          title={trans.__('Does a run do what the card asks?')}
          text={trans.__(
            'Every line of the card that a gate reads is held against what the run recorded.'
          )}
        />
      ) : (
        <Report name={name} run={run} />
      )}
    </>
  );
}

function Report(props: { name: string; run: string }): JSX.Element {
  const query = useApi(checkQuery(props.name, props.run));
  return (
    <QueryView query={query}>
      {report => <GatesReport report={report} />}
    </QueryView>
  );
}
