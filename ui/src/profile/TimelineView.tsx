import * as React from 'react';
import type {
  IColumnDrift,
  IPeriod,
  ITarget,
  ITimeline
} from '../api/types.explore';
import { Button } from '../components/Button';
import { Facts } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Section } from '../components/Page';
import { State } from '../components/State';
import type { Tone } from '../components/State';
import { formatCompact, formatDuration, formatInteger } from '../format';
import { useSize } from '../hooks/useSize';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { meanText } from './Shape';
import { timeText } from './words';

/** Where a difference begins to count, and where it is large: the usual limits of the stability index. */
const SLIGHT = 0.1;
const LARGE = 0.2;

const DRIFT_SHOWN = 15;

/** The data along time: how many rows, how the target goes, which columns change. */
export function TimelineView(props: {
  timeline: ITimeline;
  target?: ITarget;
  /** Rows of the sample it rests on, where that are not all. */
  sampled?: number;
  onColumn: (name: string) => void;
}): JSX.Element {
  const { timeline, target } = props;
  const trans = useTrans();
  const periods = timeline.periods ?? [];
  const gaps = timeline.gaps ?? [];
  return (
    <>
      <div className="jp-mlnb-TimelineView-facts">
        <Facts facts={facts(timeline, trans)} />
      </div>
      {periods.length > 0 && (
        <Section title={trans.__('Rows and target by period')}>
          <Periods periods={periods} target={target} />
          <Differing periods={periods} target={target} />
          {props.sampled !== undefined && (
            <p className="jp-mlnb-Muted">
              {trans.__(
                'From a sample of %1 rows.',
                formatInteger(props.sampled)
              )}
            </p>
          )}
        </Section>
      )}
      {(timeline.drift ?? []).length > 0 && (
        <Section title={trans.__('How columns change')}>
          <Drift timeline={timeline} onColumn={props.onColumn} />
        </Section>
      )}
      {gaps.length > 0 && (
        <Section title={trans.__('Times without rows')}>
          <table
            className="jp-mlnb-Table jp-mlnb-TimelineView-gaps"
            aria-label={trans.__('Times without rows')}
          >
            <tbody>
              {gaps.slice(0, 10).map(gap => (
                <tr key={gap.start}>
                  <th scope="row">
                    {trans.__(
                      '%1 to %2',
                      timeText(gap.start),
                      timeText(gap.end)
                    )}
                  </th>
                  <td className="jp-mlnb-Muted">
                    {trans.__('%1 steps are absent', formatInteger(gap.steps))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {gaps.length > 10 && (
            <p className="jp-mlnb-Muted">
              {trans._n('and %1 more', 'and %1 more', gaps.length - 10)}
            </p>
          )}
        </Section>
      )}
    </>
  );
}

function facts(timeline: ITimeline, trans: ITrans): IFact[] {
  const { step, duplicates = 0, future = 0 } = timeline;
  const list: (IFact | false)[] = [
    { label: trans.__('Time column'), value: <bdi>{timeline.column}</bdi> },
    { label: trans.__('From'), value: timeText(timeline.start) },
    { label: trans.__('To'), value: timeText(timeline.end) },
    step !== undefined && {
      label: trans.__('Usual step'),
      value: formatDuration(step * 1000)
    },
    duplicates > 0 && {
      label: trans.__('Rows at a shared time'),
      value: formatInteger(duplicates)
    },
    future > 0 && {
      label: trans.__('After now'),
      value: formatInteger(future)
    }
  ];
  return list.filter((one): one is IFact => one !== false);
}

const ROWS_HEIGHT = 46;
const TARGET_HEIGHT = 92;
const LEFT = 52;
/** Room for the name of a picture above it. */
const TITLE = 18;

/** Two pictures above each other: the target's mean with its interval, and the rows it rests on. */
function Periods(props: {
  periods: readonly IPeriod[];
  target?: ITarget;
}): JSX.Element {
  const { periods, target } = props;
  const trans = useTrans();
  const frame = React.useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const width = Math.max(size.width, 240);
  const known = periods.filter(one => one.target !== undefined);
  const withTarget = known.length > 0;
  const inner = width - LEFT - 8;
  const step = inner / periods.length;
  const x = (i: number): number => LEFT + (i + 0.5) * step;
  const most = Math.max(...periods.map(one => one.rows), 1);
  const low = Math.min(
    ...known.map(one => one.lower ?? one.target ?? 0),
    target?.base ?? Infinity
  );
  const high = Math.max(
    ...known.map(one => one.upper ?? one.target ?? 0),
    target?.base ?? -Infinity
  );
  const y = (value: number): number =>
    TITLE +
    TARGET_HEIGHT -
    8 -
    ((value - low) / (high - low || 1)) * (TARGET_HEIGHT - 16);
  const top = TITLE + (withTarget ? TITLE + TARGET_HEIGHT + 4 : 0);
  const height = top + ROWS_HEIGHT + 18;
  const every = Math.max(Math.ceil((periods.length * 76) / inner), 1);
  const words = (one: IPeriod): string =>
    [
      one.target === undefined
        ? trans._n(
            '%2: %3 row',
            '%2: %3 rows',
            one.rows,
            periodText(one, trans),
            formatInteger(one.rows)
          )
        : trans._n(
            '%2: %3 row, %4 %5 (%6 to %7)',
            '%2: %3 rows, %4 %5 (%6 to %7)',
            one.rows,
            periodText(one, trans),
            formatInteger(one.rows),
            target?.column ?? '',
            meanText(one.target, target),
            meanText(one.lower ?? one.target, target),
            meanText(one.upper ?? one.target, target)
          ),
      one.differs && trans.__('differs from the other periods')
    ]
      .filter(Boolean)
      .join('; ');
  const line = periods.flatMap((one, i) =>
    one.target === undefined ? [] : [`${x(i)},${y(one.target)}`]
  );
  const band = [
    ...periods.flatMap((one, i) =>
      one.target === undefined ? [] : [`${x(i)},${y(one.upper ?? one.target)}`]
    ),
    ...periods
      .flatMap((one, i) =>
        one.target === undefined
          ? []
          : [`${x(i)},${y(one.lower ?? one.target)}`]
      )
      .reverse()
  ];
  return (
    <div ref={frame} className="jp-mlnb-Periods">
      <svg
        className="jp-mlnb-Shape"
        width={width}
        height={height}
        role="img"
        aria-label={trans.__('Rows and target by period')}
      >
        {withTarget && (
          <>
            <text x={LEFT} y={11} className="jp-mlnb-Periods-title">
              {target?.task === 'classification'
                ? trans.__(
                    'Share of %1',
                    `${target.column} = ${target.positive ?? ''}`
                  )
                : trans.__('Mean of %1', target?.column ?? '')}
            </text>
            {[low, high].map(value => (
              <text key={value} x={LEFT - 8} y={y(value) + 4} textAnchor="end">
                {meanText(value, target)}
              </text>
            ))}
            {target?.base !== undefined && (
              <line
                className="jp-mlnb-Shape-base"
                x1={LEFT}
                x2={width - 8}
                y1={y(target.base)}
                y2={y(target.base)}
              />
            )}
            <polygon className="jp-mlnb-Shape-band" points={band.join(' ')} />
            <polyline points={line.join(' ')} />
          </>
        )}
        <text x={LEFT} y={top - 5} className="jp-mlnb-Periods-title">
          {trans.__('Rows')}
        </text>
        <text x={LEFT - 8} y={top + ROWS_HEIGHT} textAnchor="end">
          0
        </text>
        <text x={LEFT - 8} y={top + 10} textAnchor="end">
          {formatCompact(most)}
        </text>
        {periods.map((one, i) => {
          const tall = (one.rows / most) * ROWS_HEIGHT;
          return (
            <g key={one.start}>
              <rect
                className="jp-mlnb-Bars-bar"
                x={x(i) - step / 2 + 1}
                y={top + ROWS_HEIGHT - tall}
                width={Math.max(step - 2, 1)}
                height={tall}
              />
              {one.target !== undefined && (
                <circle
                  className={one.differs ? 'jp-mod-differs' : undefined}
                  cx={x(i)}
                  cy={y(one.target)}
                  r={one.differs ? 4.5 : 3}
                />
              )}
              <rect
                className="jp-mlnb-Periods-hover"
                x={x(i) - step / 2}
                y={0}
                width={step}
                height={height - 18}
              >
                <title>{words(one)}</title>
              </rect>
              {i % every === 0 && (
                <text x={x(i)} y={height - 4} textAnchor="middle">
                  {one.label ?? timeText(one.start).slice(0, 10)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <table
        className="jp-mlnb-Hidden"
        aria-label={trans.__('Rows and target by period')}
      >
        <tbody>
          {periods.map(one => (
            <tr key={one.start}>
              <td>{words(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The periods that stand out, by name: a colour alone says nothing to some. */
function Differing(props: {
  periods: readonly IPeriod[];
  target?: ITarget;
}): JSX.Element | null {
  const trans = useTrans();
  const names = props.periods
    .filter(one => one.differs)
    .map(one => periodText(one, trans));
  return names.length === 0 ? null : (
    <p className="jp-mlnb-Periods-differing">
      <span className="jp-mlnb-Periods-mark" aria-hidden="true" />
      {trans.__(
        '%1 differs from the other periods in %2.',
        props.target?.column ?? '',
        names.join(', ')
      )}
    </p>
  );
}

/** What a period is called; where that does not say it, from when to when it goes. */
function periodText(period: IPeriod, trans: ITrans): string {
  return (
    period.label ??
    trans.__('%1 to %2', timeText(period.start), timeText(period.end))
  );
}

/** Columns by periods: how far each is from the first period. */
function Drift(props: {
  timeline: ITimeline;
  onColumn: (name: string) => void;
}): JSX.Element {
  const { timeline, onColumn } = props;
  const trans = useTrans();
  const [all, setAll] = React.useState(false);
  const drift = timeline.drift ?? [];
  const periods = timeline.periods ?? [];
  const shown = all ? drift : drift.slice(0, DRIFT_SHOWN);
  const name = (at: number): string =>
    periods[at]
      ? (periods[at].label ?? timeText(periods[at].start).slice(0, 10))
      : String(at + 1);
  return (
    <>
      <div
        className="jp-mlnb-Drift"
        role="region"
        tabIndex={0}
        aria-label={trans.__('How columns change from period to period')}
      >
        <table
          aria-label={trans.__('How columns change from period to period')}
        >
          <thead>
            <tr>
              <th scope="col">{trans.__('Column')}</th>
              {(drift[0]?.against_first ?? []).map((_, at) => (
                <th key={at} scope="col" title={name(at)}>
                  <span className="jp-mlnb-Hidden">{name(at)}</span>
                </th>
              ))}
              <th scope="col">{trans.__('Verdict')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(one => (
              <DriftLine
                key={one.column}
                drift={one}
                name={name}
                onColumn={onColumn}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p className="jp-mlnb-Muted">
        {trans.__(
          'Stability index of each period against the first: from %1 on slightly different, from %2 on different.',
          SLIGHT,
          LARGE
        )}
      </p>
      {drift.length > DRIFT_SHOWN && !all && (
        <Button
          label={trans._n(
            'Show %1 more',
            'Show %1 more',
            drift.length - DRIFT_SHOWN
          )}
          kind="link"
          onClick={() => setAll(true)}
        />
      )}
    </>
  );
}

function DriftLine(props: {
  drift: IColumnDrift;
  name: (at: number) => string;
  onColumn: (name: string) => void;
}): JSX.Element {
  const { drift, name } = props;
  const trans = useTrans();
  return (
    <tr>
      <th scope="row">
        <Button
          label={drift.column}
          kind="link"
          onClick={() => props.onColumn(drift.column)}
        />
      </th>
      {drift.against_first.map((value, at) => {
        const words =
          value === null
            ? trans.__('%1, %2: too few rows', drift.column, name(at))
            : trans.__('%1, %2: %3', drift.column, name(at), value.toFixed(2));
        return (
          <td
            key={at}
            title={words}
            className={
              value === null
                ? 'jp-mod-none'
                : drift.follows_time
                  ? undefined
                  : value >= LARGE
                    ? 'jp-mod-large'
                    : value >= SLIGHT
                      ? 'jp-mod-slight'
                      : undefined
            }
            style={
              {
                '--jp-mlnb-depth': `${Math.round(Math.min((value ?? 0) / 0.5, 1) * 80)}%`
              } as React.CSSProperties
            }
          >
            <span className="jp-mlnb-Hidden">{words}</span>
          </td>
        );
      })}
      <td>
        <State {...driftState(drift, name, trans)} />
      </td>
    </tr>
  );
}

function driftState(
  drift: IColumnDrift,
  name: (at: number) => string,
  trans: ITrans
): { tone: Tone; label: string } {
  if (drift.follows_time) {
    return { tone: 'accent', label: trans.__('tells the time, so it changes') };
  }
  return drift.differs
    ? {
        tone: 'warn',
        label: trans.__(
          'differs most in %1 (%2)',
          name(drift.worst),
          drift.psi.toFixed(2)
        )
      }
    : { tone: 'good', label: trans.__('stays as it is') };
}
