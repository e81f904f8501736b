import * as React from 'react';
import type {
  ColumnKind,
  DrillKind,
  IColumnProfile,
  IDrill,
  IDrillResult,
  IProfile
} from '../api/types.explore';
import type { IChartSpec, ISeries } from '../charts/engine';
import { Chart } from '../charts/Chart';
import { explain } from '../components/ErrorView';
import { Section } from '../components/Page';
import { Select } from '../components/Select';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { BoxPicture } from './BoxPicture';
import type { Filters } from './brush';
import { CrossPicture } from './CrossPicture';
import { DrillContext, useDrill } from './drilling';
import { timeOf } from './words';

/** What two columns can be drawn as. */
export function kindOfPair(a: ColumnKind, b: ColumnKind): DrillKind | null {
  const levels = (kind: ColumnKind): boolean =>
    kind === 'categorical' || kind === 'boolean' || kind === 'text';
  if (a === 'other' || b === 'other') {
    return null;
  }
  if (a === 'datetime' || b === 'datetime') {
    return 'over_time';
  }
  if (levels(a) && levels(b)) {
    return 'cross';
  }
  return levels(a) || levels(b) ? 'box' : 'scatter';
}

/** The question behind a picture of two columns. */
export function pairQuestion(
  column: IColumnProfile,
  other: IColumnProfile,
  profile: IProfile,
  filters: Filters
): IDrill | null {
  const kind = kindOfPair(column.kind, other.kind);
  const [a, b] = [column.column_name, other.column_name];
  switch (kind) {
    case 'box':
      // The number is what is drawn, whichever side it was chosen from.
      return column.kind === 'numeric'
        ? { kind, x: a, by: b, filters }
        : { kind, x: b, by: a, filters };
    case 'scatter': {
      const { target } = profile;
      return {
        kind,
        x: b,
        y: a,
        ...(target?.task === 'classification' ? { by: target.column } : {}),
        filters,
        limit: 2000
      };
    }
    case 'cross':
      return { kind, x: b, y: a, filters, limit: 400 };
    case 'over_time': {
      const [time, value] =
        other.kind === 'datetime' ? [b, column] : [a, other];
      const drawn = value.kind === 'numeric' || value.kind === 'boolean';
      return {
        kind,
        x: time,
        ...(drawn ? { y: value.column_name, aggregate: 'mean' } : {}),
        filters,
        bins: 60
      };
    }
    default:
      return null;
  }
}

export interface IPairViewProps {
  profile: IProfile;
  column: IColumnProfile;
  filters: Filters;
  /** The other column to begin with. */
  other?: string;
}

/** A column beside another, drawn from the rows themselves. */
export function PairView(props: IPairViewProps): JSX.Element {
  const { profile, column, filters } = props;
  const trans = useTrans();
  const live = React.useContext(DrillContext) !== null;
  const others = profile.columns.filter(
    one =>
      one.column_name !== column.column_name &&
      kindOfPair(column.kind, one.kind) !== null
  );
  const [chosen, setChosen] = React.useState(props.other ?? '');
  const other = others.find(one => one.column_name === chosen);
  const question =
    other && live ? pairQuestion(column, other, profile, filters) : null;
  const { data, error, busy } = useDrill(question);
  return (
    <Section title={trans.__('Beside another column')}>
      {live ? (
        <>
          <Select
            label={trans.__('Draw it with')}
            value={chosen}
            options={[
              { value: '', label: trans.__('choose a column') },
              ...others.map(one => ({
                value: one.column_name,
                label: one.column_name
              }))
            ]}
            onChange={setChosen}
          />
          {error && (
            <p className="jp-mlnb-Tone jp-mod-bad" role="alert">
              {explain(error)}
            </p>
          )}
          <div
            className={`jp-mlnb-PairView${busy ? ' jp-mod-busy' : ''}`}
            aria-busy={busy}
          >
            {data && question && other && (
              <>
                <Picture question={question} result={data} />
                <p className="jp-mlnb-Muted">{note(data, trans)}</p>
              </>
            )}
          </div>
        </>
      ) : (
        <Offline />
      )}
    </Section>
  );
}

/** Why what asks for rows is not there. */
export function Offline(): JSX.Element {
  const trans = useTrans();
  return (
    <p className="jp-mlnb-Offline">
      {trans.__(
        'Choosing rows and drawing two columns need the data: run the cell again.'
      )}
    </p>
  );
}

function note(result: IDrillResult, trans: ITrans): string {
  const rows = trans._n(
    '%2 row',
    '%2 rows',
    result.total,
    formatInteger(result.total)
  );
  return result.sampled
    ? trans.__(
        '%1; %2 of them are drawn',
        rows,
        formatInteger((result.columns.x ?? []).length)
      )
    : rows;
}

function Picture(props: {
  question: IDrill;
  result: IDrillResult;
}): JSX.Element {
  const { question, result } = props;
  const trans = useTrans();
  const spec = React.useMemo(
    () => chartSpec(question, result, trans),
    [question, result, trans]
  );
  switch (question.kind) {
    case 'box':
      return (
        <BoxPicture
          result={result}
          x={question.x ?? ''}
          by={question.by ?? ''}
        />
      );
    case 'cross':
      return (
        <CrossPicture
          result={result}
          x={question.x ?? ''}
          y={question.y ?? ''}
        />
      );
    default:
      return (
        <Chart
          spec={spec}
          height={260}
          label={
            question.kind === 'scatter'
              ? trans.__('%1 against %2', question.y, question.x)
              : trans.__(
                  '%1 along %2',
                  question.y ?? trans.__('Rows'),
                  question.x
                )
          }
        />
      );
  }
}

const numbers = (values: readonly unknown[] | undefined): (number | null)[] =>
  (values ?? []).map(value =>
    typeof value === 'number'
      ? value
      : typeof value === 'boolean'
        ? Number(value)
        : null
  );

/** Points, or a course in time, as a chart says it. */
export function chartSpec(
  question: IDrill,
  result: IDrillResult,
  trans: ITrans
): IChartSpec {
  const { columns } = result;
  if (question.kind === 'over_time') {
    const values = numbers(columns.value);
    const counts = numbers(columns.rows);
    return {
      x: { label: question.x ?? '', type: 'date' },
      y: {
        label: question.y
          ? trans.__('Mean of %1', question.y)
          : trans.__('Rows')
      },
      series: [
        {
          name: question.y ?? trans.__('Rows'),
          kind: question.y ? 'line' : 'bar',
          x: (columns.x ?? []).map(one => new Date(timeOf(one)).toISOString()),
          y: values,
          text: counts.map(count =>
            trans._n('%2 row', '%2 rows', count ?? 0, formatInteger(count ?? 0))
          )
        }
      ]
    };
  }
  const [xs, ys] = [numbers(columns.x), numbers(columns.y)];
  const groups = (columns.by ?? xs.map(() => null)).map(one =>
    one === null ? '' : String(one)
  );
  const names = [...new Set(groups)].sort();
  const series: ISeries[] = names.map((name, i) => {
    const rows = groups.flatMap((group, at) =>
      group === name && xs[at] !== null ? [at] : []
    );
    return {
      name: question.by ? `${question.by}: ${name || '–'}` : name,
      kind: 'dots',
      x: rows.map(at => xs[at] as number),
      y: rows.map(at => ys[at]),
      color: i
    };
  });
  return {
    x: { label: question.x ?? '' },
    y: { label: question.y ?? '' },
    series,
    legend: question.by !== undefined
  };
}
