import * as React from 'react';
import type {
  IColumnDifference,
  IDataComparison,
  ISide
} from '../api/types.explore';
import { Button } from '../components/Button';
import { Facts } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Section } from '../components/Page';
import { SearchBox } from '../components/SearchBox';
import { State, Tag } from '../components/State';
import type { Tone } from '../components/State';
import { formatInteger, formatNumber, formatPercent } from '../format';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { share } from './ColumnTable';
import { Findings } from './Findings';
import { sourceName, timeText } from './words';

export interface IComparisonViewProps {
  comparison: IDataComparison;
  /** Whether somebody answers questions about it. */
  live: boolean;
}

const SHOWN = 20;

/** Two tables, versions or splits side by side: the verdict first, then column by column. */
export function ComparisonView(props: IComparisonViewProps): JSX.Element {
  const { comparison, live } = props;
  const { api } = useHost();
  const trans = useTrans();
  const [findings, setFindings] = React.useState(comparison.findings ?? []);
  React.useEffect(() => setFindings(comparison.findings ?? []), [comparison]);
  // A calendar column of two stretches of time has to differ: no news.
  const differ = comparison.columns.filter(
    one => one.verdict === 'differs' && !one.follows_time
  );
  const notes = comparison.notes ?? [];
  return (
    <section
      className="jp-mlnb-Profile jp-mlnb-Comparison"
      aria-label={trans.__(
        'Comparison of %1 and %2',
        comparison.left.name,
        comparison.right.name
      )}
    >
      <div className="jp-mlnb-Profile-body">
        <header className="jp-mlnb-Comparison-sides">
          <SideView side={comparison.left} which="left" />
          <SideView side={comparison.right} which="right" />
        </header>
        <p
          className={`jp-mlnb-Verdict jp-mod-${differ.length > 0 ? 'warn' : 'good'}`}
        >
          <State
            tone={differ.length > 0 ? 'warn' : 'good'}
            label={
              comparison.words
                ? comparison.words
                : differ.length > 0
                  ? trans._n(
                      '%1 of %2 columns differs.',
                      '%1 of %2 columns differ.',
                      differ.length,
                      formatInteger(comparison.columns.length)
                    )
                  : trans.__('No column differs by an amount that matters.')
            }
          />
        </p>
        <Facts facts={factsOf(comparison, trans)} />
        {findings.length > 0 && (
          <Section title={trans.__('Findings')}>
            <Findings
              findings={findings}
              onDecide={
                live
                  ? async (finding, decision) => {
                      const answer = await api.explore.decide(
                        comparison.id,
                        finding.id,
                        decision
                      );
                      setFindings(old =>
                        old.map(one =>
                          one.id === finding.id ? { ...one, ...answer } : one
                        )
                      );
                    }
                  : undefined
              }
            />
          </Section>
        )}
        <SchemaView comparison={comparison} />
        <Columns comparison={comparison} />
        {notes.length > 0 && (
          <ul className="jp-mlnb-Profile-notes">
            {notes.map(note => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function SideView(props: {
  side: ISide;
  which: 'left' | 'right';
}): JSX.Element {
  const { side, which } = props;
  const trans = useTrans();
  const source = sourceName(side.source, trans);
  return (
    <div className={`jp-mlnb-Comparison-side jp-mod-${which}`}>
      <h2>
        <bdi>{side.name}</bdi>
      </h2>
      {source !== side.name && (
        <p className="jp-mlnb-Muted">
          <bdi>{source}</bdi>
        </p>
      )}
      <p>
        {trans._n('%2 row', '%2 rows', side.rows, formatInteger(side.rows))}
        {side.sample_rows < side.rows && (
          <span className="jp-mlnb-Muted">
            {' '}
            {trans.__('compared on %1', formatInteger(side.sample_rows))}
          </span>
        )}
      </p>
      {side.holdout?.note && (
        <State
          tone={side.holdout.known === false ? 'warn' : 'good'}
          icon="lock"
          label={side.holdout.note}
        />
      )}
    </div>
  );
}

function factsOf(comparison: IDataComparison, trans: ITrans): IFact[] {
  const { separability, overlap = {} } = comparison;
  const facts: (IFact | false | undefined)[] = [
    separability && {
      label: trans.__('A classifier tells them apart'),
      value: trans.__(
        'AUC %1 (%2 to %3)',
        separability.auc.toFixed(2),
        separability.lower.toFixed(2),
        separability.upper.toFixed(2)
      ),
      title: [
        trans.__('0.5 is not at all, 1 is every row.'),
        (separability.top ?? []).length > 0 &&
          trans.__(
            'By %1.',
            (separability.top ?? []).map(([name]) => name).join(', ')
          )
      ]
        .filter(Boolean)
        .join(' ')
    },
    separability?.top?.[0] && {
      label: trans.__('mostly by'),
      value: <bdi>{separability.top[0][0]}</bdi>
    },
    overlap.rows !== undefined && {
      label: trans.__('Identical rows'),
      value:
        overlap.share === undefined
          ? formatInteger(overlap.rows)
          : `${formatInteger(overlap.rows)} (${share(overlap.share)})`
    },
    overlap.groups !== undefined && {
      label: trans.__('Shared groups'),
      value:
        overlap.groups_total === undefined
          ? formatInteger(overlap.groups)
          : trans.__(
              '%1 of %2',
              formatInteger(overlap.groups),
              formatInteger(overlap.groups_total)
            )
    },
    overlap.time_start !== undefined && {
      label: trans.__('Shared time'),
      value: trans.__(
        '%1 to %2',
        timeText(overlap.time_start),
        timeText(overlap.time_end ?? overlap.time_start)
      )
    }
  ];
  return facts.filter((one): one is IFact => Boolean(one));
}

/** Columns that only one side has, or that are of another type. */
function SchemaView(props: {
  comparison: IDataComparison;
}): JSX.Element | null {
  const { comparison } = props;
  const trans = useTrans();
  const { added = [], removed = [], retyped = [] } = comparison.schema ?? {};
  if (added.length + removed.length + retyped.length === 0) {
    return null;
  }
  const tags = (names: readonly string[], tone: Tone): React.ReactNode =>
    names.map(name => <Tag key={name} label={name} tone={tone} />);
  return (
    <Section title={trans.__('Columns that are not on both sides alike')}>
      <ul className="jp-mlnb-Comparison-schema">
        {removed.length > 0 && (
          <li>
            {trans.__('Only in %1:', comparison.left.name)}{' '}
            {tags(removed, 'bad')}
          </li>
        )}
        {added.length > 0 && (
          <li>
            {trans.__('Only in %1:', comparison.right.name)}{' '}
            {tags(added, 'accent')}
          </li>
        )}
        {retyped.map(([name, before, after]) => (
          <li key={name}>
            {trans.__(
              '%1 is %2 on the left and %3 on the right',
              name,
              before,
              after
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Columns(props: { comparison: IDataComparison }): JSX.Element {
  const { comparison } = props;
  const trans = useTrans();
  const [search, setSearch] = React.useState('');
  const [all, setAll] = React.useState(false);
  const text = search.trim().toLocaleLowerCase();
  const found = comparison.columns.filter(one =>
    one.column.toLocaleLowerCase().includes(text)
  );
  const shown = all ? found : found.slice(0, SHOWN);
  return (
    <Section
      title={trans.__('Column by column')}
      aside={
        comparison.columns.length > 8 && (
          <SearchBox
            label={trans.__('Find a column')}
            value={search}
            onChange={setSearch}
          />
        )
      }
    >
      <ol
        className="jp-mlnb-Comparison-columns"
        aria-label={trans.__('Columns by how much they differ')}
      >
        {shown.map(one => (
          <Difference key={one.column} difference={one} sides={comparison} />
        ))}
      </ol>
      {found.length > SHOWN && (
        <Button
          label={
            all
              ? trans.__('Show fewer')
              : trans._n('Show %1 more', 'Show %1 more', found.length - SHOWN)
          }
          kind="link"
          onClick={() => setAll(!all)}
        />
      )}
    </Section>
  );
}

function Difference(props: {
  difference: IColumnDifference;
  sides: IDataComparison;
}): JSX.Element {
  const { difference, sides } = props;
  const trans = useTrans();
  const state =
    difference.follows_time && difference.verdict === 'differs'
      ? { tone: 'accent' as const, label: trans.__('tells the time') }
      : {
          differs: { tone: 'warn' as const, label: trans.__('differs') },
          same: { tone: 'good' as const, label: trans.__('alike') },
          unknown: { tone: 'idle' as const, label: trans.__('cannot be told') }
        }[difference.verdict];
  return (
    <li className="jp-mlnb-Comparison-column" aria-label={difference.column}>
      <div>
        <h3>
          <bdi>{difference.column}</bdi> <State {...state} />
        </h3>
        <p>{difference.words}</p>
        <p className="jp-mlnb-Muted jp-mlnb-Comparison-figures">
          {figuresOf(difference, trans).map(([label, value, title]) => (
            <span key={label} title={title}>
              {label} {value}
            </span>
          ))}
        </p>
      </div>
      <Bars difference={difference} sides={sides} />
    </li>
  );
}

/** The measures that are there, short; their names in full as tooltips. */
function figuresOf(
  difference: IColumnDifference,
  trans: ITrans
): [string, string, string][] {
  const list: [string, number | undefined, string][] = [
    ['PSI', difference.psi, trans.__('Population stability index')],
    ['JS', difference.js, trans.__('Jensen–Shannon distance')],
    ['KS', difference.ks, trans.__('Largest distance of the two courses')],
    ['W', difference.wasserstein, trans.__('Wasserstein distance')],
    [
      'TV',
      difference.tv,
      trans.__('Half the sum of all differences of shares')
    ],
    ['p', difference.p_adjusted, trans.__('Adjusted over all columns')]
  ];
  const figures = list.flatMap(
    ([label, value, title]): [string, string, string][] =>
      value === undefined
        ? []
        : [
            [
              label,
              label === 'p' && value < 0.001 ? '< 0.001' : formatNumber(value),
              title
            ]
          ]
  );
  const { delta_null: nulls, delta_avg: mean } = difference;
  return [
    ...figures,
    ...(nulls
      ? [
          [
            trans.__('missing'),
            signed(nulls, formatPercent),
            trans.__('Difference of the shares that are missing')
          ] as [string, string, string]
        ]
      : []),
    ...(mean
      ? [
          [
            trans.__('mean'),
            signed(mean, formatNumber),
            trans.__('Difference of the means')
          ] as [string, string, string]
        ]
      : [])
  ];
}

function signed(value: number, format: (value: number) => string): string {
  return value < 0 ? `−${format(-value)}` : `+${format(value)}`;
}

const HEIGHT = 56;

/** Shares of both sides in the same bins, in pairs. */
function Bars(props: {
  difference: IColumnDifference;
  sides: IDataComparison;
}): JSX.Element | null {
  const { difference, sides } = props;
  const trans = useTrans();
  const { labels = [], left = [], right = [] } = difference;
  if (labels.length === 0) {
    return null;
  }
  const most = Math.max(...left, ...right, 0.0001);
  const bar = (value: number | undefined): React.CSSProperties => ({
    height: `${((value ?? 0) / most) * HEIGHT}px`
  });
  return (
    <div
      className="jp-mlnb-PairedBars"
      role="img"
      aria-label={trans.__(
        '%1: shares on both sides. %2',
        difference.column,
        labels
          .map((label, i) =>
            trans.__(
              '%1: %2 and %3',
              label,
              formatPercent(left[i] ?? 0),
              formatPercent(right[i] ?? 0)
            )
          )
          .join('; ')
      )}
    >
      {labels.map((label, i) => (
        <div
          key={label}
          title={trans.__(
            '%1: %2 in %3, %4 in %5',
            label,
            formatPercent(left[i] ?? 0),
            sides.left.name,
            formatPercent(right[i] ?? 0),
            sides.right.name
          )}
        >
          <span className="jp-mlnb-PairedBars-pair" style={{ height: HEIGHT }}>
            <span className="jp-mod-left" style={bar(left[i])} />
            <span className="jp-mod-right" style={bar(right[i])} />
          </span>
          <bdi>{label}</bdi>
        </div>
      ))}
    </div>
  );
}

export default ComparisonView;
