import * as React from 'react';
import { formatAddress } from '../address';
import type { IQuery } from '../api/queries';
import type { IRunHead, IRunsComparison } from '../api/types.compare';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { SearchBox } from '../components/SearchBox';
import { Select } from '../components/Select';
import type { IDocumentProps } from '../document';
import { useGoals } from '../experiments/useGoals';
import { saveText } from '../grid/saveFile';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { CompareGrid } from './CompareGrid';
import { ComparePicture } from './ComparePicture';
import { comparisonCsv, linesOf } from './compare';
import { compareAddress, diffAddress, TRAY, useTray } from './tray';

export function compareQuery(
  runIds: readonly string[]
): IQuery<IRunsComparison> {
  return {
    key: ['runs', 'compare', runIds],
    subjects: runIds.map(id => `run:${id}`),
    fetch: (api, signal) => api.runs.compare(runIds, signal)
  };
}

/** Up to a hundred runs side by side: what they were given, what came of it, and what differs. */
export function ComparePage(props: IDocumentProps): JSX.Element {
  const { name, onTitle } = props;
  const trans = useTrans();
  const tray = useTray();
  const isTray = name === TRAY;
  const ids = isTray
    ? tray.runs.map(run => run.run_id)
    : name.split(',').filter(Boolean);
  const title = isTray
    ? trans.__('Compare tray')
    : trans._n('Compare %1 run', 'Compare %1 runs', ids.length);
  React.useEffect(() => onTitle(title), [onTitle, title]);
  if (ids.length === 0) {
    return (
      <Page icon="compare" title={title}>
        <EmptyState
          icon="compare"
          title={trans.__('Nothing to compare yet')}
          text={trans.__(
            'Add runs with the plus or the key c; two runs give a diff.'
          )}
        />
      </Page>
    );
  }
  return <Comparison {...props} title={title} ids={ids} isTray={isTray} />;
}

function Comparison(
  props: IDocumentProps & { title: string; ids: string[]; isTray: boolean }
): JSX.Element {
  const { ids, isTray, query, onQuery } = props;
  const host = useHost();
  const { trans } = host;
  const tray = useTray();
  const answer = useApi(compareQuery(ids), { keep: true });
  const [text, setText] = React.useState('');
  const goals = useGoals().names;
  const onlyDifferences = query.all !== '1';
  const lines = React.useMemo(
    () =>
      answer.data ? linesOf(answer.data, { onlyDifferences, text, goals }) : [],
    [answer.data, onlyDifferences, text, goals]
  );
  const runs = answer.data?.runs ?? [];
  const baseline = runs.findIndex(run => run.run_id === query.base);
  const remove = (runId: string): void => {
    if (isTray) {
      tray.remove(runId);
    } else {
      host.open(compareAddress(ids.filter(id => id !== runId)));
    }
  };
  return (
    <Page
      icon="compare"
      place={placeOf(runs, trans)}
      title={props.title}
      actions={
        <>
          {ids.length === 2 && (
            <Button
              label={trans.__('Diff')}
              icon="swap"
              title={trans.__('Cells, data and environment of the two')}
              onClick={() => host.open(diffAddress(ids[0], ids[1]))}
            />
          )}
          <Button
            label={trans.__('Picture')}
            icon="parallel"
            pressed={query.picture !== 'off'}
            onClick={() =>
              onQuery({ picture: query.picture === 'off' ? undefined : 'off' })
            }
          />
          <Button
            label={trans.__('Save as CSV')}
            icon="download"
            iconOnly
            onClick={() =>
              saveText('comparison.csv', 'text/csv', comparisonCsv(runs, lines))
            }
          />
        </>
      }
    >
      <div className="jp-mlnb-Bar">
        <SearchBox
          label={trans.__('Find a metric, parameter or tag')}
          value={text}
          onChange={setText}
        />
        <Button
          label={trans.__('Differences only')}
          icon="filter"
          pressed={onlyDifferences}
          onClick={() => onQuery({ all: onlyDifferences ? '1' : undefined })}
        />
        <Baseline
          runs={runs}
          value={query.base}
          onChange={base => onQuery({ base: base || undefined })}
        />
        <span className="jp-mlnb-Bar-note" role="status">
          {answer.data && trans._n('%1 line', '%1 lines', lines.length)}
        </span>
      </div>
      <QueryView query={answer}>
        {comparison => (
          <>
            {comparison.runs.length < ids.length && (
              <p className="jp-mlnb-Bar jp-mlnb-Muted" role="status">
                {trans._n(
                  '%1 run is no longer there.',
                  '%1 runs are no longer there.',
                  ids.length - comparison.runs.length
                )}
              </p>
            )}
            {query.picture !== 'off' && comparison.runs.length > 1 && (
              <ComparePicture
                comparison={comparison}
                goals={goals}
                onOpen={id => host.open(formatAddress('run', id))}
              />
            )}
            {lines.length === 0 ? (
              <EmptyState
                icon="check"
                title={
                  text
                    ? trans.__('Nothing is called so')
                    : trans.__('Nothing differs')
                }
              />
            ) : (
              <CompareGrid
                runs={comparison.runs}
                lines={lines}
                baseline={baseline < 0 ? null : baseline}
                onBaseline={id =>
                  onQuery({ base: id === query.base ? undefined : id })
                }
                onRemove={ids.length > 2 || isTray ? remove : undefined}
                onOpen={id => host.open(formatAddress('run', id))}
              />
            )}
          </>
        )}
      </QueryView>
    </Page>
  );
}

/** Where the runs come from. */
function placeOf(runs: readonly IRunHead[], trans: ITrans): string {
  const names = new Set(runs.map(run => run.experiment_name));
  return names.size === 1
    ? trans.__('Experiment %1', [...names][0])
    : trans._n('%1 experiment', '%1 experiments', names.size);
}

/** The run that the others are measured against. */
function Baseline(props: {
  runs: readonly IRunHead[];
  value: string | undefined;
  onChange: (runId: string) => void;
}): JSX.Element {
  const trans = useTrans();
  return (
    <Select
      label={trans.__('Baseline')}
      value={props.value ?? ''}
      options={[
        { value: '', label: trans.__('none') },
        ...props.runs.map(run => ({ value: run.run_id, label: run.name }))
      ]}
      onChange={props.onChange}
    />
  );
}

export default ComparePage;
