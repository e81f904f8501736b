import * as React from 'react';
import type { IRun } from '../api/types';
import type { CurveAxis, ICurve } from '../api/types.runs';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { Button } from '../components/Button';
import { Pairs } from '../components/Facts';
import { EmptyState } from '../components/EmptyState';
import { QueryView } from '../components/QueryView';
import { SearchBox } from '../components/SearchBox';
import { Select } from '../components/Select';
import { smooth } from '../experiments/charts/smooth';
import { seriesQuery } from '../experiments/runsQueries';
import { formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useSaved } from '../hooks/useSaved';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { isRunning } from './RunHeader';
import { QUIET_MS, useWhile } from './useWhile';
import { figureText } from './words';

/** So many metrics are asked for at once. */
const AT_ONCE = 20;
const MOST_POINTS = 500;
const MARKED = 40;

export interface IHistoryTabProps {
  run: IRun;
  metrics: readonly string[];
  /** What the computer was measured at: over time, not over steps. */
  system?: boolean;
}

/** Each metric over steps or time. */
export function HistoryTab(props: IHistoryTabProps): JSX.Element {
  const { run, metrics, system } = props;
  const trans = useTrans();
  const [axis, setAxis] = React.useState<CurveAxis>(
    system ? 'relative_time' : 'step'
  );
  const [weight, setWeight] = useSaved('runs.smoothing', 0);
  const [isLog, setLog] = React.useState(false);
  const [text, setText] = React.useState('');
  const [shown, setShown] = React.useState(AT_ONCE);
  const found = metrics.filter(name =>
    name.toLowerCase().includes(text.trim().toLowerCase())
  );
  if (metrics.length === 0) {
    return (
      <EmptyState
        icon="chart"
        title={trans.__('No metrics yet')}
        text={
          system
            ? trans.__(
                'Memory, processor and disk are measured every ten seconds, so a short run has none.'
              )
            : trans.__('What a run logs more than once is drawn here.')
        }
      />
    );
  }
  const blocks = Array.from(
    { length: Math.ceil(Math.min(found.length, shown) / AT_ONCE) },
    (_, i) => found.slice(i * AT_ONCE, (i + 1) * AT_ONCE)
  );
  return (
    <>
      <div className="jp-mlnb-Bar jp-mlnb-History-bar">
        {metrics.length > 6 && (
          <div className="jp-mlnb-History-search">
            <SearchBox
              label={trans.__('Find a metric')}
              value={text}
              onChange={setText}
            />
          </div>
        )}
        <Select
          label={trans.__('Over')}
          value={axis}
          options={[
            { value: 'step', label: trans.__('steps') },
            { value: 'time', label: trans.__('time') },
            { value: 'relative_time', label: trans.__('seconds since start') }
          ]}
          onChange={value => setAxis(value as CurveAxis)}
        />
        <label className="jp-mlnb-Field">
          {trans.__('Smoothing')}
          <input
            type="range"
            min={0}
            max={0.98}
            step={0.02}
            value={weight}
            aria-valuetext={figureText(weight)}
            onChange={event => setWeight(Number(event.target.value))}
          />
          <output className="jp-mlnb-History-weight">
            {weight > 0 ? figureText(weight) : trans.__('none')}
          </output>
        </label>
        <Button
          label={trans.__('Log scale')}
          pressed={isLog}
          onClick={() => setLog(!isLog)}
        />
      </div>
      {found.length === 0 && (
        <p className="jp-mlnb-Muted">{trans.__('No metric is called so.')}</p>
      )}
      {blocks.map((block, i) => (
        <Block
          key={i}
          run={run}
          metrics={block}
          axis={axis}
          weight={weight}
          isLog={isLog}
        />
      ))}
      {found.length > shown && (
        <Button
          label={trans._n(
            'Show %2 more',
            'Show %2 more',
            found.length - shown,
            formatInteger(Math.min(found.length - shown, AT_ONCE))
          )}
          icon="caretDown"
          onClick={() => setShown(shown + AT_ONCE)}
        />
      )}
    </>
  );
}

function Block(props: {
  run: IRun;
  metrics: readonly string[];
  axis: CurveAxis;
  weight: number;
  isLog: boolean;
}): JSX.Element {
  const { run, metrics, axis, weight, isLog } = props;
  const query = useApi(
    seriesQuery({
      run_ids: [run.run_id],
      metrics,
      x: axis,
      max_points: MOST_POINTS
    }),
    { keep: true }
  );
  const { refetch } = query;
  const again = React.useCallback(() => void refetch(), [refetch]);
  useWhile(isRunning(run), again, QUIET_MS);
  return (
    <QueryView query={query}>
      {({ curves, x }) => {
        const drawn = curves.filter(curve => curve.total > 1);
        const single = curves.filter(curve => curve.total <= 1);
        return (
          <>
            <div className="jp-mlnb-History">
              {drawn.map(curve => (
                <Curve
                  key={curve.metric}
                  curve={curve}
                  axis={x}
                  weight={weight}
                  isLog={isLog}
                />
              ))}
            </div>
            {single.length > 0 && <Once curves={single} />}
          </>
        );
      }}
    </QueryView>
  );
}

/** In a sentence there is room for so many. */
const FEW = 3;

/** What has no course to draw. */
function Once({ curves }: { curves: readonly ICurve[] }): JSX.Element {
  const trans = useTrans();
  return curves.length <= FEW ? (
    <p className="jp-mlnb-Muted">
      {trans.__('Logged once:')}{' '}
      {curves
        .map(({ metric, y }) => `${metric} ${figureText(y[0])}`)
        .join(' · ')}
    </p>
  ) : (
    <div className="jp-mlnb-History-once">
      <p className="jp-mlnb-Muted">{trans.__('Logged once:')}</p>
      <Pairs
        label={trans.__('Logged once')}
        numeric
        pairs={curves.map(({ metric, y }) => [metric, figureText(y[0])])}
      />
    </div>
  );
}

function Curve(props: {
  curve: ICurve;
  axis: CurveAxis;
  weight: number;
  isLog: boolean;
}): JSX.Element {
  const { curve, axis, weight, isLog } = props;
  const trans = useTrans();
  const spec = React.useMemo(
    () => curveSpec(curve, axis, weight, isLog, trans),
    [curve, axis, weight, isLog, trans]
  );
  const notes = [
    curve.thinned &&
      trans.__(
        '%1 values, drawn by their extremes',
        formatInteger(curve.total)
      ),
    curve.nan > 0 &&
      trans._n(
        '%2 value is no number',
        '%2 values are no numbers',
        curve.nan,
        formatInteger(curve.nan)
      )
  ].filter(Boolean);
  return (
    <section className="jp-mlnb-History-card" aria-label={curve.metric}>
      <h2>
        <bdi>{curve.metric}</bdi>
        <span className="jp-mlnb-History-last">
          {figureText(curve.y[curve.y.length - 1])}
        </span>
      </h2>
      <Chart
        spec={spec}
        height={190}
        label={trans.__(
          '%1 over %2, from %3 to %4',
          curve.metric,
          spec.x.label,
          figureText(curve.y[0]),
          figureText(curve.y[curve.y.length - 1])
        )}
      />
      {notes.length > 0 && (
        <p className="jp-mlnb-Chart-note">{notes.join('; ')}</p>
      )}
    </section>
  );
}

export function curveSpec(
  curve: ICurve,
  axis: CurveAxis,
  weight: number,
  isLog: boolean,
  trans: ITrans
): IChartSpec {
  const x = axis === 'relative_time' ? curve.x.map(ms => ms / 1000) : curve.x;
  const line = {
    name: curve.metric,
    // Marks on every value of a long curve hide the curve.
    kind: x.length > MARKED ? ('path' as const) : ('line' as const),
    x,
    y: smooth(curve.y, weight),
    color: 0
  };
  return {
    legend: false,
    x: {
      label: {
        step: trans.__('Step'),
        time: trans.__('Time'),
        relative_time: trans.__('Seconds')
      }[axis],
      type: axis === 'time' ? 'date' : 'linear'
    },
    y: { label: '', type: isLog ? 'log' : 'linear' },
    series:
      weight > 0
        ? // What was measured stays in view behind the average.
          [{ ...line, name: trans.__('as logged'), y: curve.y, color: 7 }, line]
        : [line]
  };
}
