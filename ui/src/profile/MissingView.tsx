import * as React from 'react';
import type { IMissingTogether, IProfile, ITarget } from '../api/types.explore';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { Meter } from '../components/Sparkline';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import { share } from './ColumnTable';
import { meanText } from './Shape';

const SHOWN = 20;

/** Where values are missing, and which columns are missing in the same rows. */
export function MissingView(props: {
  profile: IProfile;
  onColumn: (name: string) => void;
}): JSX.Element {
  const { profile, onColumn } = props;
  const trans = useTrans();
  const [all, setAll] = React.useState(false);
  const columns = profile.columns
    .filter(column => column.num_nulls > 0)
    .sort((a, b) => b.num_nulls - a.num_nulls);
  const { missing_together: together } = profile;
  return (
    <div className="jp-mlnb-Columns">
      <Section title={trans.__('By column')}>
        <table
          className="jp-mlnb-Table"
          aria-label={trans.__('Missing values by column')}
        >
          <tbody>
            {(all ? columns : columns.slice(0, SHOWN)).map(column => {
              const part = column.percent_null / 100;
              const { missing } = column.association ?? {};
              return (
                <tr key={column.column_name}>
                  <th scope="row">
                    <Button
                      label={column.column_name}
                      kind="link"
                      onClick={() => onColumn(column.column_name)}
                    />
                  </th>
                  <td className="jp-mlnb-MissingView-meter">
                    <Meter
                      value={part}
                      tone={part > 0.4 ? 'warn' : 'accent'}
                      text={share(part)}
                    />
                  </td>
                  <td className="jp-mod-numeric">
                    {formatInteger(column.num_nulls)}
                  </td>
                  <td className="jp-mlnb-Muted">
                    {missing !== undefined &&
                      Math.abs(missing - 0.5) > 0.05 &&
                      trans.__(
                        'that it is missing tells of the target (AUC %1)',
                        missing.toFixed(2)
                      )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {columns.length > SHOWN && !all && (
          <Button
            label={trans._n(
              'Show %1 more',
              'Show %1 more',
              columns.length - SHOWN
            )}
            kind="link"
            onClick={() => setAll(true)}
          />
        )}
      </Section>
      {together && (together.patterns ?? []).length > 0 && (
        <Section title={trans.__('In the same rows')}>
          <Groups together={together} target={profile.target} />
          <Patterns together={together} />
        </Section>
      )}
    </div>
  );
}

function Groups(props: {
  together: IMissingTogether;
  target?: ITarget;
}): JSX.Element | null {
  const { together, target } = props;
  const trans = useTrans();
  const groups = together.groups ?? [];
  return groups.length === 0 ? null : (
    <ul className="jp-mlnb-MissingView-groups">
      {groups.map(group => (
        <li key={group.columns.join('\n')}>
          {group.agreement > 0.995
            ? trans.__(
                '%1 are always missing together, in %2 rows.',
                group.columns.join(', '),
                formatInteger(group.rows)
              )
            : trans.__(
                '%1 are mostly missing together (%2), all of them in %3 rows.',
                group.columns.join(', '),
                group.agreement.toFixed(2),
                formatInteger(group.rows)
              )}{' '}
          {target &&
            group.target !== undefined &&
            group.other !== undefined && (
              <span className="jp-mlnb-Muted">
                {trans.__(
                  '%1 is %2 there, %3 elsewhere.',
                  target.column,
                  meanText(group.target, target),
                  meanText(group.other, target)
                )}
              </span>
            )}
        </li>
      ))}
    </ul>
  );
}

/** Each line is a set of columns that are missing together; a filled mark is a missing column. */
function Patterns({ together }: { together: IMissingTogether }): JSX.Element {
  const trans = useTrans();
  const patterns = together.patterns ?? [];
  const columns = [...new Set(patterns.flatMap(one => one.columns))];
  const most = Math.max(...patterns.map(one => one.rows), 1);
  return (
    <div
      className="jp-mlnb-Patterns"
      role="region"
      tabIndex={0}
      aria-label={trans.__('Which columns are missing in the same rows')}
    >
      <table
        aria-label={trans.__('Which columns are missing in the same rows')}
      >
        <thead>
          <tr>
            {columns.map(name => (
              <th key={name} scope="col">
                <bdi title={name}>{name}</bdi>
              </th>
            ))}
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Rows')}
            </th>
            <td />
          </tr>
        </thead>
        <tbody>
          {patterns.map(one => (
            <tr key={one.columns.join('\n')}>
              {columns.map(name => {
                const missing = one.columns.includes(name);
                return (
                  <td key={name} className="jp-mlnb-Patterns-cell">
                    <span className={missing ? 'jp-mod-missing' : undefined} />
                    <span className="jp-mlnb-Hidden">
                      {missing ? trans.__('missing') : trans.__('there')}
                    </span>
                  </td>
                );
              })}
              <td className="jp-mod-numeric">{formatInteger(one.rows)}</td>
              <td className="jp-mlnb-Patterns-bar">
                <span
                  aria-hidden="true"
                  style={{ width: `${(one.rows / most) * 100}%` }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="jp-mlnb-Muted">
        {trans.__(
          'Nothing is missing in %1 of %2 rows.',
          formatInteger(together.complete_rows),
          formatInteger(together.rows)
        )}
      </p>
    </div>
  );
}
