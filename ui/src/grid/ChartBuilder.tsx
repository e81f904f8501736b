import * as React from 'react';
import type { IDrillResult } from '../api/types.explore';
import { Chart } from '../charts/Chart';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView } from '../components/ErrorView';
import { Select } from '../components/Select';
import { Skeleton } from '../components/Skeleton';
import { formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useInsert } from '../hooks/useInsert';
import type { Live } from '../hooks/useLive';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { BoxPicture } from '../profile/BoxPicture';
import { CrossPicture } from '../profile/CrossPicture';
import {
  AGGREGATES,
  aggregateText,
  firstChoice,
  fits,
  KINDS,
  measureText,
  partsOf,
  questionOf,
  settled,
  specOf
} from './choice';
import type { Aggregate, ChartKind, IChoice } from './choice';
import { codeOf, stepOf } from './code';

export interface IChartBuilderProps {
  id: string;
  name?: string;
  live: Live;
  columns: readonly string[];
  types: readonly string[];
  choice?: IChoice;
  onChoice: (choice: IChoice) => void;
}

/** Columns chosen for a picture of all rows; the picture can become a cell. */
export function ChartBuilder(props: IChartBuilderProps): JSX.Element {
  const { columns, types, id, name, live, onChoice } = props;
  const trans = useTrans();
  const insert = useInsert();
  const { copy } = useHost();
  const [choice, setChoice] = React.useState<IChoice>(() =>
    settled(props.choice ?? firstChoice(columns, types), columns, types)
  );
  const change = (next: Partial<IChoice>): void => {
    const made = settled({ ...choice, ...next }, columns, types);
    setChoice(made);
    onChoice(made);
  };
  const { data, error, refetch, isPlaceholderData } = useApi<IDrillResult>(
    {
      key: ['grid-chart', id, choice],
      subjects: [],
      fetch: (api, signal) => api.grids.drill(id, questionOf(choice), signal)
    },
    { keep: true, enabled: live === 'live' && choice.x !== '' }
  );
  const typeOf = Object.fromEntries(
    columns.map((column, at) => [column, types[at]])
  );
  const code = (): string => codeOf(choice, name, typeOf, stepOf(data));
  if (live === 'gone') {
    return (
      <EmptyState
        icon="chart"
        title={trans.__('Pictures need the rows')}
        text={trans.__('Run the cell again, then open this tab.')}
      />
    );
  }
  return (
    <div className="jp-mlnb-ChartBuilder">
      <div className="jp-mlnb-ChartBuilder-choice">
        <Select
          label={trans.__('Picture')}
          value={choice.kind}
          options={KINDS.map(kind => ({
            value: kind,
            label: kindText(kind, trans)
          }))}
          onChange={kind => change({ kind: kind as ChartKind })}
        />
        <Parts {...props} choice={choice} change={change} />
        {insert ? (
          <Button
            label={trans.__('Insert as cell')}
            icon="insert"
            onClick={() => insert({ cell_type: 'code', source: code() })}
          />
        ) : (
          <Button
            label={trans.__('Copy code')}
            icon="copy"
            onClick={() => void copy(code())}
          />
        )}
      </div>
      <div
        className={`jp-mlnb-ChartBuilder-picture${isPlaceholderData ? ' jp-mod-stale' : ''}`}
        aria-busy={isPlaceholderData}
      >
        {error && <ErrorView error={error} onRetry={() => void refetch()} />}
        {!error && !data && <Skeleton />}
        {data && !error && data.kind === choice.kind && (
          <Picture choice={choice} result={data} />
        )}
      </div>
    </div>
  );
}

function Parts(
  props: IChartBuilderProps & {
    choice: IChoice;
    change: (next: Partial<IChoice>) => void;
  }
): JSX.Element {
  const { choice, change, columns, types } = props;
  const trans = useTrans();
  const parts = partsOf(choice.kind);
  const options = (
    part: 'x' | 'y' | 'by'
  ): { value: string; label: string }[] =>
    columns
      .filter((_, at) => fits(choice.kind, part, types[at]))
      .map(column => ({ value: column, label: column }));
  const none = { value: '', label: '–' };
  const isValue = choice.kind === 'box' || choice.kind === 'hist';
  return (
    <>
      <Select
        label={isValue ? trans.__('Values') : trans.__('Along')}
        value={choice.x}
        options={options('x')}
        onChange={x => change({ x })}
      />
      {parts.includes('y') && (
        <Select
          label={trans.__('Against')}
          value={choice.y ?? ''}
          options={options('y')}
          onChange={y => change({ y })}
        />
      )}
      {parts.includes('y?') && (
        <>
          <Select
            label={trans.__('Show')}
            value={choice.y ? (choice.aggregate ?? 'mean') : 'count'}
            options={AGGREGATES.map(one => ({
              value: one,
              label: aggregateText(one, trans)
            }))}
            onChange={aggregate =>
              change(
                aggregate === 'count'
                  ? { aggregate: 'count', y: undefined }
                  : {
                      aggregate: aggregate as Aggregate,
                      y: choice.y ?? firstMeasure(columns, types, choice.x)
                    }
              )
            }
          />
          {choice.y && (
            <Select
              label={trans.__('of')}
              value={choice.y}
              options={options('y')}
              onChange={y => change({ y })}
            />
          )}
        </>
      )}
      {parts.includes('by') && (
        <Select
          label={
            choice.kind === 'box' ? trans.__('For each') : trans.__('Colour')
          }
          value={choice.by ?? ''}
          options={[none, ...options('by')]}
          onChange={by => change({ by: by || undefined })}
        />
      )}
    </>
  );
}

function firstMeasure(
  columns: readonly string[],
  types: readonly string[],
  not: string
): string | undefined {
  return (
    columns.find((name, at) => name !== not && fits('bars', 'y', types[at])) ??
    columns.find((_, at) => fits('bars', 'y', types[at]))
  );
}

function Picture(props: {
  choice: IChoice;
  result: IDrillResult;
}): JSX.Element | null {
  const { choice, result } = props;
  const trans = useTrans();
  const spec = React.useMemo(
    () => specOf(choice, result, trans),
    [choice, result, trans]
  );
  const { kind, x, y, by } = choice;
  return (
    <>
      {kind === 'box' && <BoxPicture result={result} x={x} by={by ?? ''} />}
      {kind === 'cross' && <CrossPicture result={result} x={x} y={y ?? ''} />}
      {spec && (
        <Chart
          spec={spec}
          height={300}
          label={trans.__(
            '%1 of %2: %3',
            kindText(kind, trans),
            x,
            measureText(choice, trans)
          )}
        />
      )}
      <p className="jp-mlnb-Muted">
        {result.sampled
          ? trans.__(
              '%1 points drawn from %2 rows',
              formatInteger(result.columns.x?.length ?? 0),
              formatInteger(result.total)
            )
          : trans._n(
              '%2 row',
              'all %2 rows',
              result.total,
              formatInteger(result.total)
            )}
      </p>
    </>
  );
}

function kindText(kind: ChartKind, trans: ITrans): string {
  switch (kind) {
    case 'bars':
      return trans.__('Bars');
    case 'over_time':
      return trans.__('Line');
    case 'hist':
      return trans.__('Histogram');
    case 'scatter':
      return trans.__('Scatter');
    case 'box':
      return trans.__('Box plot');
    case 'cross':
      return trans.__('Cross table');
  }
}
