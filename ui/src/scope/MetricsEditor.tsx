import * as React from 'react';
import type { IFieldViolation } from '../api/errors';
import type { ScopeCard } from '../api/types.scope';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { useTrans } from '../host';
import { valueAt, withValue } from './card';
import { errorsOf, TextInput } from './Field';
import type { IFieldSpec } from './fields';

export interface IEditorProps {
  card: ScopeCard;
  violations: readonly IFieldViolation[];
  onChange: (card: ScopeCard) => void;
}

type Item = Record<string, unknown>;

function itemsOf(card: ScopeCard, path: string): Item[] {
  const value = valueAt(card, path);
  return Array.isArray(value) ? (value as Item[]) : [];
}

export function ErrorLine({ text }: { text: string }): JSX.Element | null {
  return text ? (
    <p className="jp-mlnb-CardField-error" role="alert">
      <Icon name="error" />
      {text}
    </p>
  ) : null;
}

/** Metrics with their limits, one of which decides. */
export function MetricsEditor(props: IEditorProps): JSX.Element {
  const { card, violations, onChange } = props;
  const trans = useTrans();
  const metrics = itemsOf(card, 'metrics');
  const set = (next: Item[]): void =>
    onChange(withValue(card, 'metrics', next));
  const change = (at: number, key: string, value: unknown): void =>
    onChange(withValue(card, `metrics[${at}].${key}`, value));
  const columns: { key: string; label: string; spec: IFieldSpec }[] = [
    column('name', trans.__('Metric'), 'text', 'roc_auc'),
    column('min', trans.__('At least'), 'number', '0.8'),
    column('max', trans.__('At most'), 'number', ''),
    column(
      'min_absolute_change',
      trans.__('Beats the baseline by'),
      'number',
      '0.01'
    ),
    column(
      'min_relative_change',
      trans.__('Beats the baseline by (share)'),
      'number',
      '0.05'
    ),
    column('k', trans.__('At k'), 'number', ''),
    column('by', trans.__('In every slice of'), 'list', 'region'),
    column('slice_min', trans.__('Slice at least'), 'number', '0.7'),
    column('slice_max', trans.__('Slice at most'), 'number', '')
  ];
  return (
    <div className="jp-mlnb-Metrics">
      <div
        className="jp-mlnb-Metrics-scroll"
        role="region"
        tabIndex={0}
        aria-label={trans.__('Metrics')}
      >
        <table aria-label={trans.__('Metrics')}>
          <thead>
            <tr>
              <th scope="col">{trans.__('Decides')}</th>
              {columns.map(one => (
                <th key={one.key} scope="col">
                  {one.label}
                </th>
              ))}
              <th scope="col">
                <span className="jp-mlnb-Hidden">{trans.__('Remove')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {metrics.map((metric, at) => {
              const error = errorsOf(violations, `metrics[${at}]`);
              const name = String(metric.name || at + 1);
              return (
                <React.Fragment key={at}>
                  <tr className={error ? 'jp-mod-error' : undefined}>
                    <td>
                      <input
                        type="radio"
                        name="primary-metric"
                        aria-label={trans.__('%1 decides', name)}
                        checked={metric.primary === true}
                        onChange={() =>
                          set(
                            metrics.map((one, i) => ({
                              ...one,
                              primary: i === at || undefined
                            }))
                          )
                        }
                      />
                    </td>
                    {columns.map(one => (
                      <td key={one.key}>
                        <TextInput
                          spec={one.spec}
                          label={trans.__('%1 of %2', one.label, name)}
                          value={metric[one.key]}
                          aria-invalid={
                            errorsOf(
                              violations,
                              `metrics[${at}].${one.key}`
                            ) !== '' || undefined
                          }
                          onChange={value => change(at, one.key, value)}
                        />
                      </td>
                    ))}
                    <td>
                      <Button
                        label={trans.__('Remove %1', name)}
                        icon="close"
                        iconOnly
                        onClick={() => set(metrics.filter((_, i) => i !== at))}
                      />
                    </td>
                  </tr>
                  {(metric.kind === 'business' || metric.sql !== undefined) && (
                    <tr>
                      <td />
                      <td colSpan={columns.length}>
                        <TextInput
                          spec={column('sql', '', 'area', 'SELECT …').spec}
                          label={trans.__('SQL of %1', name)}
                          value={metric.sql}
                          onChange={value => change(at, 'sql', value)}
                        />
                      </td>
                    </tr>
                  )}
                  {error && (
                    <tr>
                      <td />
                      <td colSpan={columns.length + 1}>
                        <ErrorLine text={error} />
                      </td>
                    </tr>
                  )}
                </React.Fragment>
              );
            })}
          </tbody>
        </table>
      </div>
      <ErrorLine
        text={violations
          .filter(one => one.field === 'metrics')
          .map(one => one.description)
          .join('; ')}
      />
      <div className="jp-mlnb-CardForm-add">
        <Button
          label={trans.__('Add a metric')}
          icon="plus"
          onClick={() =>
            set([
              ...metrics,
              metrics.length === 0 ? { name: '', primary: true } : { name: '' }
            ])
          }
        />
        <Button
          label={trans.__('Add a business measure')}
          icon="plus"
          title={trans.__('A figure that one SQL query computes')}
          onClick={() =>
            set([...metrics, { name: '', kind: 'business', sql: '' }])
          }
        />
      </div>
    </div>
  );
}

function column(
  path: string,
  label: string,
  kind: IFieldSpec['kind'],
  example: string
): { key: string; label: string; spec: IFieldSpec } {
  return { key: path, label, spec: specs(path, label, kind, example) };
}

const made = new Map<string, IFieldSpec>();

/** The same object for the same field: a field looks at its value again when its description changes. */
function specs(
  path: string,
  label: string,
  kind: IFieldSpec['kind'],
  example: string
): IFieldSpec {
  const key = JSON.stringify([path, label, kind, example]);
  let spec = made.get(key);
  if (!spec) {
    spec = { path, label, kind, example };
    made.set(key, spec);
  }
  return spec;
}

/** Roles that have to sign, with the people who may. */
export function RolesEditor(props: IEditorProps): JSX.Element {
  const { card, violations, onChange } = props;
  const trans = useTrans();
  const path = 'signoff.roles';
  const roles = itemsOf(card, path);
  const set = (next: Item[]): void => onChange(withValue(card, path, next));
  return (
    <div className="jp-mlnb-Roles">
      {roles.map((role, at) => (
        <div key={at} className="jp-mlnb-Roles-line">
          <TextInput
            spec={specs('role', '', 'text', 'risk')}
            label={trans.__('Role %1', at + 1)}
            value={role.role}
            onChange={value =>
              onChange(withValue(card, `${path}[${at}].role`, value))
            }
          />
          <TextInput
            spec={specs('who', '', 'list', 'user:ada, group:risk')}
            label={trans.__('Who signs as %1', String(role.role || at + 1))}
            value={role.who}
            onChange={value =>
              onChange(withValue(card, `${path}[${at}].who`, value))
            }
          />
          <Button
            label={trans.__('Remove %1', String(role.role || at + 1))}
            icon="close"
            iconOnly
            onClick={() => set(roles.filter((_, i) => i !== at))}
          />
        </div>
      ))}
      <ErrorLine text={errorsOf(violations, path)} />
      <Button
        label={trans.__('Add a role')}
        icon="plus"
        onClick={() => set([...roles, { role: '', who: [] }])}
      />
    </div>
  );
}

/** The largest difference between groups that is allowed, by measure. */
export function GapsEditor(props: IEditorProps): JSX.Element {
  const { card, violations, onChange } = props;
  const trans = useTrans();
  const path = 'fairness.max_gap';
  const measures: [string, string][] = [
    ['equal_opportunity', trans.__('Equal opportunity')],
    ['predictive_parity', trans.__('Predictive parity')],
    ['predictive_equality', trans.__('Predictive equality')],
    ['statistical_parity', trans.__('Statistical parity')]
  ];
  return (
    <div className="jp-mlnb-Gaps">
      {measures.map(([key, label]) => (
        <label key={key}>
          <span>{label}</span>
          <TextInput
            spec={specs(key, label, 'number', '0.05')}
            value={valueAt(card, `${path}.${key}`)}
            onChange={value =>
              onChange(withValue(card, `${path}.${key}`, value))
            }
          />
        </label>
      ))}
      <ErrorLine text={errorsOf(violations, path)} />
    </div>
  );
}
