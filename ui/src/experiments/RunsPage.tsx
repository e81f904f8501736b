import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import * as React from 'react';
import type { IRunColumn } from '../api/types';
import type { IRunSearch } from '../api/types.runs';
import { Button } from '../components/Button';
import { Page } from '../components/Page';
import { Select } from '../components/Select';
import type { IDocumentProps } from '../document';
import { formatBytes } from '../format';
import { saveFile } from '../grid/saveFile';
import { useApi } from '../hooks/useApi';
import { useSaved } from '../hooks/useSaved';
import { useHost, useTrans } from '../host';
import { ChartsPane } from './charts/ChartsPane';
import { knownKeys } from './charts/cards';
import type { IKnown } from './charts/cards';
import { useCards } from './charts/useCards';
import { useShownRuns } from './charts/useShownRuns';
import type { IShownRuns, ShownMode } from './charts/useShownRuns';
import { ColumnPicker } from './ColumnPicker';
import { defaultColumns, FIXED } from './columns';
import { FilterBox } from './FilterBox';
import { experimentsQuery } from './queries';
import { shortKey } from './rows';
import { RunsTable } from './RunsTable';
import type { IActRun } from './runActions';
import { runColumnSearch, seriesQuery, usageQuery } from './runsQueries';
import { ALL, searchOf, sortOf } from './search';
import { useSelection } from './selection';
import { Split } from './Split';
import { byGoals, useGoals } from './useGoals';
import { ViewPicker } from './ViewPicker';
import type { IRunsView } from './views';

/** Which parts of the page are seen. */
type Parts = 'both' | 'table' | 'charts';

/** The runs of one experiment, or of all: a table of chosen columns and pictures of them. */
export function RunsPage(props: IDocumentProps): JSX.Element {
  const { name: experimentId, query, onQuery, onTitle } = props;
  const trans = useTrans();
  const title = useTitle(experimentId);
  React.useEffect(() => onTitle(title), [onTitle, title]);

  const known = useKnownColumns(experimentId);
  const [saved, setSaved] = useSaved<string[] | null>(
    `runs:${experimentId}`,
    null
  );
  // Names and states are shown at once; what else most runs have follows when it is known.
  const columns = React.useMemo(
    () => saved ?? defaultColumns(known.columns, known.goals),
    [saved, known]
  );
  const search = useSearch(experimentId, query);
  const selection = useSelection();
  const parts = (query.parts as Parts | undefined) ?? 'both';
  const hasCharts = parts !== 'table' && !search.deleted;
  const chosen = React.useMemo(() => [...selection.ids], [selection.ids]);
  // Pictures have an order of their own: another one of the table leaves them as they are.
  const { experiment_ids, filter, state, parent } = search;
  const which = useRowsFirst(
    useStable<IRunSearch>({ experiment_ids, filter, state, parent })
  );
  const shown = useShownRuns({
    search: which,
    mode: (query.shown as ShownMode | undefined) ?? '10',
    chosen,
    enabled: hasCharts
  });
  const keys = useKnownKeys(known, shown, hasCharts);
  const cards = useCards(experimentId, keys);
  const openView = (view: IRunsView): void => {
    onQuery({ ...CLEARED, ...view.query });
    setSaved(view.columns);
    if (view.cards) {
      cards.set(view.cards);
    }
  };
  const table = (
    <RunsTable
      search={search}
      columns={columns}
      sort={sortOf(query)}
      onSort={key =>
        onQuery({
          sort: key,
          order: query.sort === key && query.order !== 'asc' ? 'asc' : undefined
        })
      }
      selection={selection}
      shown={hasCharts ? shown : undefined}
    />
  );
  const onMode = React.useCallback(
    (mode: ShownMode) => onQuery({ shown: mode === '10' ? undefined : mode }),
    [onQuery]
  );
  const { set, clear } = selection;
  const onSelect = React.useCallback(
    (runs: readonly IActRun[] | null) => (runs ? set(runs) : clear()),
    [set, clear]
  );
  const charts = (
    <ChartsPane
      search={which}
      keys={keys}
      cards={cards}
      shown={shown}
      onMode={onMode}
      onSelect={onSelect}
      isReady={known.isReady}
    />
  );
  return (
    <Page
      icon="experiment"
      place={trans.__('Experiment')}
      title={title}
      actions={
        <>
          <PartsSwitch
            parts={parts}
            onChange={next =>
              onQuery({ parts: next === 'both' ? undefined : next })
            }
          />
          <ViewPicker
            experimentId={experimentId}
            current={() => ({
              query: Object.fromEntries(
                Object.entries(query).filter(([key]) => key in CLEARED)
              ),
              columns: saved,
              cards: [...cards.cards]
            })}
            onOpen={openView}
          />
        </>
      }
    >
      <div className="jp-mlnb-Bar jp-mlnb-RunsBar">
        <FilterBox
          value={query.filter ?? ''}
          onApply={filter => onQuery({ filter: filter || undefined })}
        />
        <Choices {...props} params={keys.params} />
        <ColumnPicker
          experimentId={experimentId}
          chosen={columns}
          onChange={setSaved}
          onReset={saved ? () => setSaved(null) : undefined}
        />
        <CsvButton search={search} columns={columns} />
        <Button
          label={trans.__('Trash')}
          icon="trash"
          iconOnly
          pressed={search.deleted === true}
          onClick={() => {
            selection.clear();
            onQuery({ trash: search.deleted ? undefined : '1' });
          }}
        />
      </div>
      {search.deleted && <TrashNote experimentId={experimentId} />}
      {hasCharts && parts === 'both' ? (
        <Split
          label={trans.__('Height of the pictures')}
          name={`runs.split`}
          first={charts}
          second={table}
        />
      ) : hasCharts ? (
        charts
      ) : (
        table
      )}
    </Page>
  );
}

/** What a named view decides. */
const CLEARED: Record<string, undefined> = {
  filter: undefined,
  sort: undefined,
  order: undefined,
  state: undefined,
  since: undefined,
  group: undefined,
  nested: undefined,
  parts: undefined,
  shown: undefined,
  trash: undefined
};

function useTitle(experimentId: string): string {
  const trans = useTrans();
  const { data } = useApi(experimentsQuery());
  if (experimentId === ALL) {
    return trans.__('All runs');
  }
  return (
    data?.find(one => one.experiment_id === experimentId)?.name ??
    trans.__('Experiment %1', experimentId)
  );
}

interface IKnownColumns {
  columns: readonly IRunColumn[];
  goals: readonly string[];
  isReady: boolean;
}

function useKnownColumns(experimentId: string): IKnownColumns {
  const columns = useApi(runColumnSearch(experimentId, ''));
  const goals = useGoals();
  const isReady =
    goals.isReady && (columns.data !== undefined || columns.error !== null);
  return React.useMemo(
    () => ({
      columns: byGoals(columns.data?.columns ?? [], goals.names, column =>
        shortKey(column.key)
      ),
      goals: goals.names,
      isReady
    }),
    [columns.data, goals.names, isReady]
  );
}

/** What pictures can show, and which metric has a history. */
function useKnownKeys(
  known: IKnownColumns,
  shown: IShownRuns,
  enabled: boolean
): IKnown {
  const keys = React.useMemo(
    () => knownKeys(known.columns, known.goals),
    [known]
  );
  const names = keys.metrics.slice(0, 20).map(shortKey);
  const { data } = useApi(
    seriesQuery({
      run_ids: shown.ids.slice(0, 3),
      metrics: names,
      max_points: 8
    }),
    { keep: true, enabled: enabled && shown.ids.length > 0 && names.length > 0 }
  );
  const history = names.find(name =>
    data?.curves.some(curve => curve.metric === name && curve.total > 1)
  );
  return React.useMemo(
    () => (history ? { ...keys, history: `metrics.${history}` } : keys),
    [keys, history]
  );
}

/** What the page asks for. */
function useSearch(
  experimentId: string,
  query: IDocumentProps['query']
): IRunSearch {
  const [now, setNow] = React.useState(Date.now);
  React.useEffect(() => setNow(Date.now()), [query.since]);
  return useStable(searchOf(experimentId, query, now));
}

/** What pictures are asked for: they follow when the table has its rows, and let it go first. */
function useRowsFirst(search: IRunSearch): IRunSearch {
  const client = useQueryClient();
  const [calm, setCalm] = React.useState(search);
  const asked = useIsFetching(BLOCKS);
  React.useEffect(() => {
    // The table, whose effects come before these, may have begun to ask just now.
    if (client.isFetching(BLOCKS) === 0) {
      setCalm(search);
    }
  }, [client, search, asked]);
  return calm;
}

const BLOCKS = { queryKey: ['runs', 'block'] };

/** The same object while it says the same. */
function useStable<T>(value: T): T {
  const text = JSON.stringify(value);
  return React.useMemo(() => JSON.parse(text) as T, [text]);
}

function PartsSwitch(props: {
  parts: Parts;
  onChange: (parts: Parts) => void;
}): JSX.Element {
  const trans = useTrans();
  const choices = [
    ['table', 'table', trans.__('Table')],
    ['both', 'columns', trans.__('Both')],
    ['charts', 'chart', trans.__('Charts')]
  ] as const;
  return (
    <div
      className="jp-mlnb-Segments"
      role="group"
      aria-label={trans.__('Parts of the page')}
    >
      {choices.map(([value, icon, label]) => (
        <Button
          key={value}
          label={label}
          icon={icon}
          pressed={props.parts === value}
          onClick={() => props.onChange(value)}
        />
      ))}
    </div>
  );
}

/** Time, state and groups. */
function Choices(
  props: IDocumentProps & { params: readonly string[] }
): JSX.Element {
  const { query, onQuery } = props;
  const trans = useTrans();
  const set = (key: string) => (value: string) =>
    onQuery({ [key]: value || undefined });
  return (
    <>
      <Select
        label={trans.__('Started')}
        value={query.since ?? ''}
        options={[
          { value: '', label: trans.__('any time') },
          { value: 'hour', label: trans.__('last hour') },
          { value: 'day', label: trans.__('last 24 hours') },
          { value: 'week', label: trans.__('last 7 days') },
          { value: 'month', label: trans.__('last 30 days') }
        ]}
        onChange={set('since')}
      />
      <Select
        label={trans.__('State')}
        value={query.state ?? ''}
        options={[
          { value: '', label: trans.__('any') },
          { value: 'FINISHED', label: trans.__('finished') },
          { value: 'RUNNING,SCHEDULED', label: trans.__('running') },
          { value: 'FAILED', label: trans.__('failed') },
          { value: 'KILLED', label: trans.__('stopped') },
          { value: 'FAILED,KILLED', label: trans.__('failed or stopped') }
        ]}
        onChange={set('state')}
      />
      <Select
        label={trans.__('Group by')}
        value={query.group ?? ''}
        options={[
          { value: '', label: trans.__('nothing') },
          ...props.params
            .slice(0, 200)
            .map(key => ({ value: key, label: shortKey(key) })),
          { value: 'attributes.status', label: trans.__('state') },
          { value: 'attributes.user_id', label: trans.__('user') }
        ]}
        onChange={set('group')}
      />
    </>
  );
}

/** All runs of the search as a file, with the columns that are shown. */
function CsvButton(props: {
  search: IRunSearch;
  columns: readonly string[];
}): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const [busy, setBusy] = React.useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      saveFile(
        await host.api.runs.csv({
          ...props.search,
          group_by: undefined,
          columns: [...FIXED, ...props.columns]
        })
      );
    } catch (error) {
      host.notify({ kind: 'error', message: (error as Error).message });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button
      label={trans.__('Save as CSV')}
      icon="download"
      iconOnly
      busy={busy}
      onClick={() => void save()}
    />
  );
}

/** What lies in the trash takes room until it is removed. */
function TrashNote({ experimentId }: { experimentId: string }): JSX.Element {
  const trans = useTrans();
  const { data } = useApi(usageQuery(experimentId), {
    enabled: experimentId !== ALL
  });
  return (
    <p className="jp-mlnb-Bar jp-mlnb-RunsTable-trash">
      {trans.__(
        'Runs in the trash can be restored until they are removed for good.'
      )}
      {data && data.deleted_bytes > 0 && (
        <strong>
          {trans._n(
            '%1 run here takes %2.',
            '%1 runs here take %2.',
            data.deleted_runs,
            formatBytes(data.deleted_bytes)
          )}
        </strong>
      )}
    </p>
  );
}

export default RunsPage;
