import * as React from 'react';
import type { IMetricDiff, IValueDiff } from '../api/types.compare';
import type { Figure } from '../api/types.runs';
import { Button } from '../components/Button';
import { LongText } from '../components/LongText';
import { State } from '../components/State';
import { useTrans } from '../host';
import { differenceText, figureText } from '../run/words';
import { changeWord, shortened } from './words';

/** What the two sides are called. */
export type Sides = readonly [string, string];

/** A column that only one of the tables has. */
export interface IMore {
  head: string;
  cell: (row: IMetricDiff) => React.ReactNode;
}

/** Metrics of two runs with their differences. */
export function MetricChanges(props: {
  label: string;
  rows: readonly IMetricDiff[];
  sides: Sides;
  /** Whether two numbers are identical counts, not which is better: they are shown with all their digits. */
  exact?: boolean;
  more?: IMore;
}): JSX.Element {
  const { label, rows, sides, more } = props;
  const trans = useTrans();
  const judged = rows.some(row => row.standard_errors !== undefined);
  const text = (value: Figure | undefined): string =>
    (props.exact && typeof value === 'number'
      ? String(value)
      : figureText(value)) || '–';
  return (
    <table className="jp-mlnb-Table" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{trans.__('Metric')}</th>
          {[...sides, trans.__('Difference')].map(head => (
            <th key={head} scope="col" className="jp-mod-numeric">
              {head}
            </th>
          ))}
          {judged && (
            <th
              scope="col"
              className="jp-mod-numeric"
              title={trans.__(
                'The difference in units of its standard error; below 2 it may be chance.'
              )}
            >
              {trans.__('In SE')}
            </th>
          )}
          {more && <th scope="col">{more.head}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row.key}>
            <th scope="row">
              <bdi>{row.key}</bdi>
            </th>
            <td className="jp-mod-numeric">{text(row.a)}</td>
            <td className="jp-mod-numeric">{text(row.b)}</td>
            <td className="jp-mod-numeric">
              {props.exact ? (
                differenceText(row.difference)
              ) : (
                <Difference row={row} />
              )}
            </td>
            {judged && (
              <td className="jp-mod-numeric">
                {figureText(row.standard_errors)}
              </td>
            )}
            {more && <td>{more.cell(row)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The difference, and whether it is one for the better. */
function Difference({ row }: { row: IMetricDiff }): JSX.Element | null {
  const trans = useTrans();
  if (row.difference === undefined) {
    return null;
  }
  const text = differenceText(row.difference);
  return row.better === undefined ? (
    <span className="jp-mlnb-Muted">{text}</span>
  ) : (
    <State
      tone={row.better === 'b' ? 'good' : 'bad'}
      icon={
        typeof row.difference === 'number' && row.difference < 0
          ? 'arrowDown'
          : 'arrowUp'
      }
      label={text}
      title={
        row.better === 'b'
          ? trans.__('Better than before')
          : trans.__('Worse than before')
      }
    />
  );
}

/** What stands below is not to be pushed out of view. */
const LISTED = 12;

/** Parameters, packages, files or tags of two runs. */
export function ValueChanges(props: {
  label: string;
  /** What the first column is called. */
  name?: string;
  rows: readonly IValueDiff[];
  sides: Sides;
  /** Hashes in their first letters. */
  shorten?: boolean;
}): JSX.Element {
  const { label, rows, sides, shorten } = props;
  const trans = useTrans();
  const [whole, setWhole] = React.useState(false);
  const listed = whole ? rows : rows.slice(0, LISTED);
  const text = (value: string | undefined): React.ReactNode =>
    value === undefined ? (
      <span className="jp-mlnb-Muted">–</span>
    ) : (
      <LongText text={shorten ? shortened(value) : value} />
    );
  return (
    <>
      <table className="jp-mlnb-Table" aria-label={label}>
        <thead>
          <tr>
            {[props.name ?? trans.__('Name'), ...sides, trans.__('Change')].map(
              head => (
                <th key={head} scope="col">
                  {head}
                </th>
              )
            )}
          </tr>
        </thead>
        <tbody>
          {listed.map(row => (
            <tr key={row.key}>
              <th scope="row">
                <bdi>{row.key}</bdi>
              </th>
              <td>{text(row.a)}</td>
              <td>{text(row.b)}</td>
              <td>
                <State {...changeWord(row.change, trans)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > listed.length && (
        <Button
          label={trans.__('Show all %1', rows.length)}
          icon="caretDown"
          kind="link"
          onClick={() => setWhole(true)}
        />
      )}
    </>
  );
}
