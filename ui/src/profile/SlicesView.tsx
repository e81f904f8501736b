import * as React from 'react';
import type {
  IDrillFilter,
  ILearningCurve,
  IProfile,
  ISlice
} from '../api/types.explore';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { formatInteger } from '../format';
import { useSize } from '../hooks/useSize';
import { useTrans } from '../host';
import { DrillContext } from './drilling';
import { meanText } from './Shape';

/** Subsets where the target is highest and lowest. */
export function SlicesView(props: {
  profile: IProfile;
  slices: readonly ISlice[];
  onRows: (filters: IDrillFilter[]) => void;
}): JSX.Element {
  const { slices } = props;
  const trans = useTrans();
  const parts: [string, ISlice[]][] = [
    [trans.__('Highest'), slices.filter(one => one.high)],
    [trans.__('Lowest'), slices.filter(one => !one.high)]
  ];
  const top = Math.max(
    ...slices.map(one => one.upper),
    props.profile.target?.base ?? 0
  );
  const low = Math.min(...slices.map(one => one.lower), 0);
  return (
    <div className="jp-mlnb-Columns">
      {parts.map(
        ([title, list]) =>
          list.length > 0 && (
            <Section key={title} title={title}>
              <table
                className="jp-mlnb-Table jp-mlnb-Slices"
                aria-label={title}
              >
                <tbody>
                  {list.map(slice => (
                    <Line
                      key={JSON.stringify(slice.conditions)}
                      {...props}
                      slice={slice}
                      scale={value => ((value - low) / (top - low || 1)) * 100}
                    />
                  ))}
                </tbody>
              </table>
            </Section>
          )
      )}
    </div>
  );
}

/** The slice as conditions of a question; null where a value is none of the known ones. */
export function sliceFilters(
  profile: IProfile,
  slice: ISlice
): IDrillFilter[] | null {
  const filters = slice.conditions.map(
    ({ column, value, low, high }): IDrillFilter[] | null => {
      const of = profile.columns.find(one => one.column_name === column);
      if (low !== undefined || high !== undefined) {
        return [
          ...(low === undefined
            ? []
            : [{ column, op: '>=' as const, value: low }]),
          ...(high === undefined
            ? []
            : [{ column, op: '<=' as const, value: high }])
        ];
      }
      const level = (of?.frequent_items ?? []).some(one => one.item === value);
      return of && level
        ? [
            {
              column,
              op: 'in',
              values: [of.kind === 'boolean' ? value === 'true' : value]
            }
          ]
        : null;
    }
  );
  return filters.every((one): one is IDrillFilter[] => one !== null)
    ? filters.flat()
    : null;
}

function Line(props: {
  profile: IProfile;
  slice: ISlice;
  scale: (value: number) => number;
  onRows: (filters: IDrillFilter[]) => void;
}): JSX.Element {
  const { profile, slice, scale } = props;
  const trans = useTrans();
  const live = React.useContext(DrillContext) !== null;
  const { target } = profile;
  const filters = sliceFilters(profile, slice);
  return (
    <tr>
      <th scope="row">
        {slice.conditions.map((one, i) => (
          <React.Fragment key={one.column}>
            {i > 0 && (
              <span className="jp-mlnb-Muted"> {trans.__('and')} </span>
            )}
            <bdi className="jp-mlnb-Muted">{one.column}</bdi>{' '}
            <bdi>{one.value}</bdi>
          </React.Fragment>
        ))}
      </th>
      <td
        title={trans.__(
          '95% interval: %1 to %2',
          meanText(slice.lower, target),
          meanText(slice.upper, target)
        )}
      >
        <span className="jp-mlnb-Power jp-mod-wide">
          <span className="jp-mlnb-Power-track" aria-hidden="true">
            <span
              className="jp-mlnb-Power-bar"
              style={{ width: `${scale(slice.target)}%` }}
            />
            <span
              className="jp-mlnb-Power-interval"
              style={{
                left: `${scale(slice.lower)}%`,
                width: `${scale(slice.upper) - scale(slice.lower)}%`
              }}
            />
            {target?.base !== undefined && (
              <span
                className="jp-mlnb-Power-base"
                style={{ left: `${scale(target.base)}%` }}
              />
            )}
          </span>
          <span className="jp-mlnb-Power-text">
            {meanText(slice.target, target)}
          </span>
        </span>
      </td>
      <td className="jp-mod-numeric jp-mlnb-Muted">
        {trans._n('%2 row', '%2 rows', slice.rows, formatInteger(slice.rows))}
      </td>
      <td>
        {live && filters && (
          <Button
            label={trans.__('Choose these rows')}
            icon="filter"
            iconOnly
            onClick={() => props.onRows(filters)}
          />
        )}
      </td>
    </tr>
  );
}

const HEIGHT = 130;

/** Whether more rows would help: the probe's score with so many rows. */
export function LearningCurveView(props: {
  curve: ILearningCurve;
}): JSX.Element {
  const { curve } = props;
  const trans = useTrans();
  const frame = React.useRef<HTMLDivElement>(null);
  const width = Math.min(Math.max(useSize(frame).width, 240), 560);
  const { points } = curve;
  const xs = points.map(one => Math.log(one.rows));
  const low = Math.min(...points.map(one => one.lower));
  const high = Math.max(...points.map(one => one.upper));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const x = (i: number): number =>
    48 + ((xs[i] - first) / (last - first || 1)) * (width - 88);
  const y = (value: number): number =>
    HEIGHT - 24 - ((value - low) / (high - low || 1)) * (HEIGHT - 36);
  const band = [
    ...points.map((one, i) => `${x(i)},${y(one.upper)}`),
    ...points.map((one, i) => `${x(i)},${y(one.lower)}`).reverse()
  ].join(' ');
  return (
    <Section title={trans.__('Enough data?')}>
      <p>{curve.verdict}</p>
      <div ref={frame}>
        <svg
          className="jp-mlnb-Shape"
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={trans.__(
            '%1 of a probe with more and more rows',
            curve.metric
          )}
        >
          <polygon className="jp-mlnb-Shape-band" points={band} />
          <polyline
            points={points.map((one, i) => `${x(i)},${y(one.value)}`).join(' ')}
          />
          {[low, high].map(value => (
            <text key={value} x={40} y={y(value) + 4} textAnchor="end">
              {value.toFixed(2)}
            </text>
          ))}
          {points.map((one, i) => (
            <g key={one.rows}>
              <circle cx={x(i)} cy={y(one.value)} r={3}>
                <title>
                  {trans.__(
                    '%1 rows: %2 (%3 to %4)',
                    formatInteger(one.rows),
                    one.value.toFixed(3),
                    one.lower.toFixed(3),
                    one.upper.toFixed(3)
                  )}
                </title>
              </circle>
              <text x={x(i)} y={HEIGHT - 4} textAnchor="middle">
                {formatInteger(one.rows)}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </Section>
  );
}
