import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IFieldViolation } from '../api/errors';
import type { ScopeCard } from '../api/types.scope';
import { Button } from '../components/Button';
import { ErrorView } from '../components/ErrorView';
import { useTrans } from '../host';
import { bodyOf, valueAt, withValue } from './card';
import { errorsOf, Field } from './Field';
import { fieldGroups } from './fields';
import type { IFieldGroup } from './fields';
import {
  ErrorLine,
  GapsEditor,
  MetricsEditor,
  RolesEditor
} from './MetricsEditor';

export interface IScopeFormProps {
  card: ScopeCard;
  /** The verb on the button. */
  action: string;
  /** What stands above the fields: the name, a template. */
  children?: React.ReactNode;
  /** Nothing can be saved as it stands: the name is missing. */
  blocked?: boolean;
  /** Nothing was changed yet, and that is no reason to save. */
  pristine: boolean;
  onChange: (card: ScopeCard) => void;
  save: (body: ScopeCard) => Promise<unknown>;
  onDiscard?: () => void;
}

/** All fields of a card. What the server refuses is told at the field it is about. */
export function ScopeForm(props: IScopeFormProps): JSX.Element {
  const { card, onChange, pristine } = props;
  const trans = useTrans();
  const groups = React.useMemo(() => fieldGroups(trans), [trans]);
  const [error, setError] = React.useState<Error | null>(null);
  const [busy, setBusy] = React.useState(false);
  const form = React.useRef<HTMLFormElement>(null);
  const violations = error instanceof ApiError ? error.fields : [];
  const homeless = violations.filter(one => !isHome(one, groups));
  React.useEffect(() => {
    // Where the first thing is wrong, the reader looks next.
    if (violations.length > 0) {
      form.current
        ?.querySelector<HTMLElement>('[aria-invalid="true"]')
        ?.focus();
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [error]);

  const save = (): void => {
    if (props.blocked || pristine || busy) {
      return;
    }
    setBusy(true);
    setError(null);
    props.save(bodyOf(card)).then(
      () => setBusy(false),
      (failure: Error) => {
        setBusy(false);
        setError(failure);
      }
    );
  };
  const shared = { card, violations, onChange };
  return (
    <form
      ref={form}
      className="jp-mlnb-CardForm"
      onSubmit={event => {
        event.preventDefault();
        save();
      }}
    >
      <div className="jp-mlnb-CardForm-scroll">
        {error && (violations.length === 0 || homeless.length > 0) && (
          <ErrorView error={error} />
        )}
        {props.children}
        {groups.map(group => (
          <React.Fragment key={group.id}>
            <fieldset>
              <legend>{group.title}</legend>
              <p className="jp-mlnb-Muted">{group.help}</p>
              <ErrorLine text={partErrors(violations, group)} />
              {group.fields.map(spec => (
                <Field
                  key={spec.path}
                  spec={spec}
                  value={valueAt(card, spec.path)}
                  error={errorsOf(violations, spec.path)}
                  onChange={value =>
                    onChange(withValue(card, spec.path, value))
                  }
                />
              ))}
              {group.id === 'fairness' && (
                <div className="jp-mlnb-CardField">
                  <span>{trans.__('Largest gap between groups')}</span>
                  <GapsEditor {...shared} />
                </div>
              )}
              {group.id === 'people' && (
                <div className="jp-mlnb-CardField">
                  <span>{trans.__('Roles that sign')}</span>
                  <RolesEditor {...shared} />
                </div>
              )}
            </fieldset>
            {group.id === 'target' && (
              <fieldset>
                <legend>{trans.__('Success')}</legend>
                <p className="jp-mlnb-Muted">
                  {trans.__(
                    'Metrics of the evaluation with their limits. A model that misses one is kept back.'
                  )}
                </p>
                <MetricsEditor {...shared} />
              </fieldset>
            )}
          </React.Fragment>
        ))}
      </div>
      <div className="jp-mlnb-CardForm-bar">
        <Button
          label={props.action}
          icon="check"
          kind="accept"
          busy={busy}
          disabled={props.blocked || pristine}
          onClick={save}
        />
        {props.onDiscard && !pristine && (
          <Button label={trans.__('Discard')} onClick={props.onDiscard} />
        )}
        <span className="jp-mlnb-Bar-note" role="status">
          {violations.length > 0
            ? trans._n(
                '%1 field is not right',
                '%1 fields are not right',
                violations.length
              )
            : pristine
              ? ''
              : trans.__('Not saved yet')}
        </span>
      </div>
    </form>
  );
}

/** Refusals of a part as a whole, such as two rules for one hold-out. */
function partErrors(
  violations: readonly IFieldViolation[],
  group: IFieldGroup
): string {
  return violations
    .filter(one =>
      group.fields.some(field => field.path.startsWith(`${one.field}.`))
    )
    .map(one => one.description)
    .join('; ');
}

const SPECIAL = ['metrics', 'signoff.roles', 'fairness.max_gap'];

/** Is there a field that shows this refusal? */
function isHome(
  violation: IFieldViolation,
  groups: ReturnType<typeof fieldGroups>
): boolean {
  const paths = [
    ...groups.flatMap(group => group.fields.map(one => one.path)),
    ...SPECIAL
  ];
  return (
    paths.some(path => errorsOf([violation], path) !== '') ||
    groups.some(group => partErrors([violation], group) !== '')
  );
}
