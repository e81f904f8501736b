import * as React from 'react';
import type { IColumnProfile, IProfile, ITarget } from '../api/types.explore';
import { Button } from '../components/Button';
import { Tag } from '../components/State';
import { formatInteger, formatPercent } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { Power, Shape } from './Shape';
import { metricName } from './words';

const SHOWN = 12;

/** Columns by what they predict of the target alone, best first. */
export function ranking(profile: IProfile): IColumnProfile[] {
  return profile.columns
    .filter(column => column.association !== undefined)
    .sort((a, b) => (b.association?.value ?? 0) - (a.association?.value ?? 0));
}

/** What is predicted, in a sentence. */
export function targetText(target: ITarget, trans: ITrans): string {
  const { classes = [], base } = target;
  if (target.task === 'regression') {
    return trans.__(
      '%1 is a number, known in %2 rows of the sample.',
      target.column,
      formatInteger(target.rows)
    );
  }
  return base !== undefined && target.positive !== undefined
    ? trans.__(
        '%1 is %2 in %3 of the rows.',
        target.column,
        target.positive,
        formatPercent(base)
      )
    : trans._n(
        '%2 has %1 class.',
        '%2 has %1 classes.',
        classes.length,
        target.column
      );
}

/** One ranking over all kinds of columns, with the shape of each. */
export function TargetRanking(props: {
  profile: IProfile;
  onColumn: (name: string) => void;
}): JSX.Element {
  const { profile, onColumn } = props;
  const trans = useTrans();
  const [all, setAll] = React.useState(false);
  const ranked = ranking(profile);
  const shown = all ? ranked : ranked.slice(0, SHOWN);
  const [first] = ranked;
  return (
    <>
      {profile.target && (
        <p className="jp-mlnb-Muted">
          {targetText(profile.target, trans)}{' '}
          {trans.__(
            'What each column tells of it alone, on rows it was not fitted on:'
          )}
        </p>
      )}
      <table
        className="jp-mlnb-Table jp-mlnb-Ranking"
        aria-label={trans.__('What predicts the target')}
      >
        <thead>
          <tr>
            <th scope="col">{trans.__('Column')}</th>
            <th scope="col">
              {first?.association ? metricName(first.association) : ''}
            </th>
            <th scope="col">
              {profile.target?.task === 'classification'
                ? trans.__('Share of %1', profile.target.positive ?? '')
                : trans.__('Mean of %1', profile.target?.column ?? '')}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(column => (
            <Line
              key={column.column_name}
              column={column}
              target={profile.target}
              onColumn={onColumn}
            />
          ))}
        </tbody>
      </table>
      {ranked.length > SHOWN && (
        <Button
          label={
            all
              ? trans.__('Show fewer')
              : trans._n('Show %1 more', 'Show %1 more', ranked.length - SHOWN)
          }
          kind="link"
          onClick={() => setAll(!all)}
        />
      )}
    </>
  );
}

function Line(props: {
  column: IColumnProfile;
  target?: ITarget;
  onColumn: (name: string) => void;
}): JSX.Element | null {
  const { column, target, onColumn } = props;
  const trans = useTrans();
  const { association } = column;
  if (!association) {
    return null;
  }
  return (
    <tr className={association.unavailable ? 'jp-mod-unavailable' : undefined}>
      <th scope="row">
        <Button
          label={column.column_name}
          kind="link"
          title={column.column_name}
          onClick={() => onColumn(column.column_name)}
        />
        {association.unavailable && (
          <Tag
            label={trans.__('unavailable at serving')}
            tone="warn"
            title={association.unavailable}
          />
        )}
      </th>
      <td
        title={trans.__(
          '95% interval: %1 to %2',
          association.lower.toFixed(3),
          association.upper.toFixed(3)
        )}
      >
        <Power association={association} />
      </td>
      <td>
        <Shape
          bins={association.shape ?? []}
          target={target}
          column={column.column_name}
          width={120}
          height={30}
          ordered={column.kind === 'numeric' || column.kind === 'datetime'}
        />
      </td>
    </tr>
  );
}
